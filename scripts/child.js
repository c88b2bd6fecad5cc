/**
 * Runs another program and waits for it. Signals that reach this process go on to the child, so that
 * a SIGTERM to `npm test` ends what npm test started and leaves nothing running.
 */
import { spawn } from 'node:child_process';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} the exit status; 128 + n after signal n, as shells count
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    for (const signal of forwarded) process.on(signal, forward);
    const done = () => {
      for (const signal of forwarded) process.off(signal, forward);
    };
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (status, signal) => {
      done();
      resolve(status ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}
