/**
 * A shell of a few lines that outlives this process by a moment: when the process is gone, however it went
 * (kill -9 too), the pipe between them closes, and the watchdog stops what was started and removes what was
 * made. It has a process group of its own, so Ctrl-C in a terminal leaves the order of stopping to us.
 */
import { spawn } from 'node:child_process';

const script = `
cat >/dev/null
for pid in $1; do kill -INT "$pid" 2>/dev/null; done
for pid in $1; do
  tries=0
  while kill -0 "$pid" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ]; then kill -KILL "$pid" 2>/dev/null; break; fi
    sleep 0.1
  done
done
if [ -n "$2" ]; then rm -rf -- "$2"; fi
`;

export interface Watchdog {
  /** Call it once the processes have been stopped in the ordinary way. */
  dismiss(): void;
}

/** @param folder removed after the processes have ended; none by default */
export function watchOver(pids: number[], folder = ''): Watchdog {
  const shell = spawn('sh', ['-c', script, 'watchdog', pids.join(' '), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  shell.unref();
  // A shell that fails to start must not bring the server down with an unhandled event.
  shell.on('error', () => undefined);
  return { dismiss: () => void shell.kill('SIGKILL') };
}
