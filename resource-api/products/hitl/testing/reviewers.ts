/** Makers for the tests of reviews. */
import { testPassword } from '../../../../shared/testing/people.js';
import type { TestApi } from '../../../testing/serve.js';

/** The JWT of a person with the usual test password. */
export async function signInTo(api: TestApi, email: string): Promise<string> {
  const { body } = await api.call('/hitl/v1/api/auth/login', { body: { email, password: testPassword } });
  return (body as { data: { token: string } }).data.token;
}
