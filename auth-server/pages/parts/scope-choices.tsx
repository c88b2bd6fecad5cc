/** What the app may see and do: each row is the toggle of one permission, and all are on. */
import { Foreign } from '../../../shared/ui/foreign-text.js';

export interface AskedScope {
  /** Value of the checkbox, as in the request. */
  name: string;
  /** "See your status, energy, mood and whether you are available." */
  sentence: string;
  /** Whether the app reads something or acts. */
  kind: 'see' | 'do';
  /** What the app would get, such as a line of a response. */
  example?: string;
  /** Not allowed to this app so far, while others of the list were. */
  isNew?: boolean;
  /** False where the person took it off before the form came back with an error. */
  ticked?: boolean;
}

function ScopeRow({ name, sentence, example, isNew, ticked = true }: AskedScope) {
  const id = `scope-${name.replace(/\W/g, '-')}`;
  return (
    <label class="scope" for={id}>
      <input
        type="checkbox"
        id={id}
        name="scope"
        value={name}
        checked={ticked}
        aria-describedby={example ? `${id}-example` : undefined}
      />
      <span>
        {sentence}
        {isNew ? <span class="tag">new</span> : null}
        {example ? (
          <span class="example" id={`${id}-example`}>
            <code>{name}</code>
            {example}
          </span>
        ) : null}
      </span>
    </label>
  );
}

export function ScopeChoices({ appName, scopes }: { appName: string; scopes: readonly AskedScope[] }) {
  const groups = (['see', 'do'] as const)
    .map((kind) => ({ kind, rows: scopes.filter((scope) => scope.kind === kind) }))
    .filter(({ rows }) => rows.length > 0);
  return (
    <div class="scopes">
      {groups.map(({ kind, rows }) => (
        <fieldset key={kind}>
          <legend>
            <Foreign text={appName} maximum={60} /> wants to {kind}
          </legend>
          {rows.map((scope) => (
            <ScopeRow key={scope.name} {...scope} />
          ))}
        </fieldset>
      ))}
      {scopes.some(({ example }) => example) ? (
        <label class="show-examples" for="show-examples">
          <input type="checkbox" id="show-examples" class="switch" /> Show examples
        </label>
      ) : null}
    </div>
  );
}
