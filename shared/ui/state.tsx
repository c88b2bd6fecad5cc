/** A word with a shape beside it: never colour alone. The shape comes from the stylesheet, by `data-state`. */
const tones = {
  active: 'go',
  rolling: 'care',
  disabled: 'muted',
  expired: 'muted',
  revoked: 'danger',
} as const;

export type LifeState = keyof typeof tones;

export function State({ state }: { state: LifeState }) {
  return (
    <span class="state" data-tone={tones[state]} data-state={state}>
      {state}
    </span>
  );
}

export function Tag({ children, tone = 'muted' }: { children: string; tone?: 'muted' | 'care' | 'go' }) {
  return (
    <span class="tag" data-tone={tone}>
      {children}
    </span>
  );
}
