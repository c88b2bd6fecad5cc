/**
 * Simulated humans live through the queue: each step of a story is a job with a due time in the database. A step
 * takes effect in the transaction that removes its job and notes how far the story has come, so a process that is
 * killed in between repeats nothing and forgets nothing; another one goes on where it stopped.
 *
 * SIMULATION_SPEED divides every wait, sleep included.
 */
import { findHuman } from '../../../../shared/identity/people/humans.js';
import { atomicJob, type JobHandlers } from '../../../../shared/jobs/handlers.js';
import { enqueueJob } from '../../../../shared/jobs/queue.js';
import type { Services } from '../../../../shared/services.js';
import { storyKey } from '../dispatch/create.js';
import { submit } from '../dispatch/human-work.js';
import { moveTask, noteProgress } from '../dispatch/moves.js';
import { findTaskLocked, isTerminal, type Task } from '../dispatch/task.js';
import { findWaking } from '../domain/absence.js';
import { type Outcome, outcomes, patienceSeconds, type ScriptEvent, writeScript } from './script.js';

declare module '../../../../shared/jobs/job-names.js' {
  interface JobPayloads {
    'simulation.step': { taskId: string; step: number };
  }
}

interface StepJob {
  taskId: string;
  /** 0 is the offer; from 1 on the steps of the story. */
  step: number;
}

async function live(tx: Services, { taskId, step }: StepJob): Promise<void> {
  const task = await findTaskLocked(tx, taskId);
  if (!task || isTerminal(task) || task.status === 'submitted' || task.storyStep !== step) return;
  if (step === 0) return offer(tx, task);
  if (task.status === 'blocked') {
    await moveTask(tx, task, 'failed', { reason: 'no_clarification' });
    return;
  }
  const script = scriptOf(task);
  const now = script[step - 1];
  if (!now) return;
  await perform(tx, task, now.event);
  const next = script[step];
  if (!next) return;
  const wait = now.event.kind === 'ask' ? patienceSeconds : next.afterSeconds;
  await goOn(tx, task, step + 1, wait);
}

/** Offers the task. Somebody who is asleep finds it when they wake, unless a test asked for an outcome. */
async function offer(tx: Services, task: Task): Promise<void> {
  const human = task.humanId === null ? undefined : await findHuman(tx, task.humanId);
  const forced = outcomeOf(task) !== undefined;
  const waking = human && !forced ? findWaking(human, tx.clock.now()) : undefined;
  const sleepSeconds = waking ? (waking.getTime() - tx.clock.ms()) / 1000 : 0;
  await moveTask(tx, task, 'offered');
  await goOn(tx, task, 1, sleepSeconds + (scriptOf(task)[0]?.afterSeconds ?? 0));
}

async function goOn(tx: Services, { id: taskId }: Task, step: number, seconds: number): Promise<void> {
  await tx.db('dispatched_tasks').where({ id: taskId }).update({ story_step: step });
  const inSeconds = seconds / tx.config.simulationSpeed;
  await enqueueJob(tx, 'simulation.step', { taskId, step }, { jobKey: storyKey(taskId), inSeconds });
}

async function perform(tx: Services, task: Task, event: ScriptEvent): Promise<void> {
  switch (event.kind) {
    case 'accept':
      await moveTask(tx, task, 'accepted');
      return;
    case 'decline':
      await moveTask(tx, task, 'declined', { reason: event.reason });
      return;
    case 'start':
    case 'resume':
      await moveTask(tx, task, 'in_progress');
      return;
    case 'progress':
      await noteProgress(tx, task, event);
      return;
    case 'pause':
      await moveTask(tx, task, 'paused', { reason: event.reason });
      return;
    case 'ask':
      await moveTask(tx, task, 'blocked', { reason: 'clarification_needed', question: event.question });
      return;
    case 'submit':
      await submit(tx, task, { summary: event.note, simulated: true });
      return;
    case 'fail':
      await moveTask(tx, task, 'failed', { reason: event.reason });
      return;
    case 'forget':
      await moveTask(tx, task, 'expired', { reason: 'forgotten' });
  }
}

/** The story of a task; the seed is the task's own unless the app chose one. */
function scriptOf(task: Task) {
  const { seed = task.id } = task.metadata;
  const { humanId, estimatedSeconds } = task;
  return writeScript({
    humanId: humanId ?? '',
    seed: String(seed),
    outcome: outcomeOf(task),
    estimatedSeconds,
  });
}

const outcomeOf = ({ metadata }: Task): Outcome | undefined =>
  outcomes.find((outcome) => outcome === metadata.simulate);

export const simulationHandlers = { 'simulation.step': atomicJob(live) } satisfies JobHandlers;
