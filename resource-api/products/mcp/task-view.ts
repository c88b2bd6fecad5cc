/** A request as a task of the extension `io.modelcontextprotocol/tasks`. A task has the id of its request. */
import { createHash } from 'node:crypto';
import { inputRequired } from '@modelcontextprotocol/server';
import type { PeopleRequest } from '../../routing/agent-tools.js';
import { hasEnded, type MadeRequest, pollIntervalMs, requestResult } from './request-view.js';

function taskFields({ stored, state }: MadeRequest, nowMs: number) {
  return {
    taskId: stored.id,
    createdAt: stored.createdAt.toISOString(),
    lastUpdatedAt: state.updatedAt.toISOString(),
    ttlMs: stored.expiresAt.getTime() - stored.createdAt.getTime(),
    pollIntervalMs: pollIntervalMs(state.createdAt, nowMs),
  };
}

/** The result of a call that became a task. It carries no question, which the protocol allows later only. */
export function createdTask(made: MadeRequest, nowMs: number) {
  return { resultType: 'task', status: 'working', ...taskFields(made, nowMs) };
}

/** The result of `tasks/get`: with the result of the call once the request has ended. */
export function taskView(made: MadeRequest, nowMs: number, showsForms: boolean) {
  const { state } = made;
  const fields = { ...taskFields(made, nowMs), statusMessage: state.status.replace('_', ' ') };
  if (state.status === 'cancelled') return { ...fields, status: 'cancelled' };
  if (hasEnded(state)) {
    return {
      ...fields,
      status: 'completed',
      result: { resultType: 'complete', ...requestResult(made, nowMs) },
    };
  }
  const { question } = state;
  if (question === null || !showsForms) return { ...fields, status: 'working' };
  const message = `A person who works on your request asks, in their own words: ${JSON.stringify(question)}`;
  const form = inputRequired.elicit({
    message,
    requestedSchema: {
      type: 'object',
      properties: { answer: { type: 'string', title: 'Your reply', minLength: 1, maxLength: 5000 } },
      required: ['answer'],
    },
  });
  return { ...fields, status: 'input_required', inputRequests: { [questionKey(state)]: form } };
}

/** Names one question: a reply to an earlier one answers nothing. */
export function questionKey({ question, updatedAt }: PeopleRequest): string {
  const text = `${updatedAt.getTime()} ${question}`;
  return `question-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}
