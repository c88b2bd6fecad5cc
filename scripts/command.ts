/**
 * The frame around a command that acts once and ends. Whoever runs it reads one sentence when it fails, never a
 * stack trace, and gets exit status 1.
 */
import { DomainError } from '../shared/errors.js';
import { StartupError } from '../shared/startup-error.js';

export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(describeFailure(error));
    process.exitCode = 1;
  }
  // A connection that hangs (a frozen Redis, say) must not hold the command back; what was done is done.
  setTimeout(() => process.exit(), 1_000).unref();
}

function describeFailure(error: unknown): string {
  if (error instanceof DomainError) return error.data.message ?? error.code.replaceAll('_', ' ');
  if (error instanceof StartupError) return error.message;
  return error instanceof Error ? `Unexpected: ${error.message}` : String(error);
}
