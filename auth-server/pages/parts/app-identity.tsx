/** Who asks. The name is whatever the app's maker typed; the line under it says how much of that we know. */
import { Foreign, toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { Latch, Unknown, Warning } from '../../../shared/ui/latch.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';

export type TrustLevel =
  /** We know that who runs this host runs the app. */
  | { kind: 'verified'; host: string }
  /** Made in our console by someone with an account, whose name this is. */
  | { kind: 'registered'; by: string }
  /** Describes itself in a document at this host; who runs the host wrote it. */
  | { kind: 'document'; host: string }
  /** Told us about itself, unasked. */
  | { kind: 'self-registered' };

interface AppIdentityProps {
  name: string;
  standing: TrustLevel;
  firstSeen?: Date;
  now: Date;
}

/** How far the name can be trusted: a shape, a colour and words. */
function TrustLine({ standing }: { standing: TrustLevel }) {
  if (standing.kind === 'verified') {
    return (
      <span class="standing" data-tone="go">
        <Latch state="shut" />
        <span>
          Verified: run by <span class="mono breakable">{toVisibleLine(standing.host, 253)}</span>
        </span>
      </span>
    );
  }
  if (standing.kind === 'self-registered') {
    return (
      <span class="standing" data-tone="care">
        <Unknown />
        <span>This app registered itself. Nobody has verified who runs it.</span>
      </span>
    );
  }
  return (
    <span class="standing" data-tone="care">
      <Warning />
      <span>
        Nobody has verified who runs this app.{' '}
        <span class="muted">
          {standing.kind === 'registered' ? (
            <>
              Registered by <Foreign text={standing.by} maximum={60} />.
            </>
          ) : (
            <>
              Described at <span class="mono breakable">{toVisibleLine(standing.host, 253)}</span>.
            </>
          )}
        </span>
      </span>
    </span>
  );
}

/** The first letter or digit of a name, for the tile beside it. */
export function findInitial(name: string): string {
  return /[\p{Letter}\p{Number}]/u.exec(name)?.[0].toUpperCase() ?? '?';
}

export function AppIdentity({ name, standing, firstSeen, now }: AppIdentityProps) {
  return (
    <span class="app-identity">
      <span class="tile" aria-hidden="true">
        {findInitial(name)}
      </span>
      <span>
        <Foreign text={name} maximum={60} />
        <TrustLine standing={standing} />
        {firstSeen ? (
          <span class="standing" data-tone="muted">
            First seen <Timestamp at={firstSeen} now={now} />
          </span>
        ) : null}
      </span>
    </span>
  );
}
