// Niceties only: every page works without this file. Copy buttons appear where the clipboard can be reached, and
// tooltips of dates tell the reader's own time.
for (const button of document.querySelectorAll('button[data-copy]')) {
  const source = document.getElementById(button.dataset.copy);
  if (!navigator.clipboard || !source) continue;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = label;
    }, 4000);
  });
}

for (const time of document.querySelectorAll('time[datetime]')) {
  time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
}

for (const button of document.querySelectorAll('button[data-reveal]')) {
  const field = document.getElementById(button.dataset.reveal);
  if (!field) continue;
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = field.type === 'text';
    field.type = shown ? 'password' : 'text';
    button.textContent = shown ? 'Show' : 'Hide';
    button.setAttribute('aria-pressed', String(!shown));
  });
  // A password is never sent while it is a text, which browsers would offer to remember.
  field.form?.addEventListener('submit', () => {
    field.type = 'password';
  });
}

// The consent page: how many permissions Allow would give, once some are taken off.
for (const form of document.querySelectorAll('form.consent')) {
  const scopes = [...form.querySelectorAll('input[name="scope"]')];
  const allow = form.querySelector('button[value="allow"]');
  const label = allow?.textContent;
  form.addEventListener('change', () => {
    const on = scopes.filter((scope) => scope.checked).length;
    allow.textContent = on === scopes.length ? label : `${label} ${on} of ${scopes.length}`;
  });
}
