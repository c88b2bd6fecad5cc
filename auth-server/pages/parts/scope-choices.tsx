export interface AskedScope {
  /** Value of the checkbox, as in the request. */
  name: string;
  /** Goes on after "wants to": "see whether you are free, and your energy and mood". */
  sentence: string;
  /** What the app would get, such as a line of the answer. */
  example?: string;
  /** Not allowed to this app so far, while others of the list were. */
  isNew?: boolean;
  /** False where the person took it off before the form came back with an error. */
  ticked?: boolean;
}

export function ScopeChoices({ scopes }: { scopes: readonly AskedScope[] }) {
  return (
    <fieldset class="scopes">
      <legend>wants to</legend>
      {scopes.map(({ name, sentence, example, isNew, ticked = true }) => {
        const id = `scope-${name.replace(/\W/g, '-')}`;
        return (
          <div class="scope" key={name}>
            <input
              type="checkbox"
              id={id}
              name="scope"
              value={name}
              checked={ticked}
              aria-describedby={`${id}-name`}
            />
            <div>
              <label for={id}>{sentence}</label>
              <p class="hint" id={`${id}-name`}>
                <code>{name}</code>
                {isNew ? <span class="tag">new</span> : null}
              </p>
              {example ? (
                <details>
                  <summary>For example</summary>
                  <code class="example">{example}</code>
                </details>
              ) : null}
            </div>
          </div>
        );
      })}
    </fieldset>
  );
}
