/** `/` in a browser. */
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import { createPerson, credentialsOf, startAuthServer } from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

test('the front page says what this is and has two ways in, which sign-up then knows', async () => {
  const browser = new FormBrowser(origin);
  const { html } = await browser.get('/');
  expect(html).toContain('href="/signup?takes_tasks=no"');
  const signUp = await browser.get('/signup?takes_tasks=yes');
  expect(formTo(signUp, '/signup').fields.get('takes_tasks')).toBe('yes');
});

test('a person who is signed in goes from the front page to the console', async () => {
  const browser = new FormBrowser(origin);
  const person = await createPerson(services);
  await browser.submit(formTo(await browser.get('/signin'), '/signin'), credentialsOf(person));
  expect((await browser.get('/')).location).toBe(`${origin}/console/keys`);
});
