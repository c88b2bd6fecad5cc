/** Tools and a prompt of the conformance suite that ask the client for something before they end. */
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

const done = (words: string) => ({ content: [{ type: 'text' as const, text: words }] });

const form = (message: string, member: string, type: 'string' | 'boolean' = 'string') => {
  const schema = type === 'string' ? ({ type: 'string' } as const) : ({ type: 'boolean' } as const);
  const requestedSchema = { type: 'object' as const, properties: { [member]: schema }, required: [member] };
  return inputRequired.elicit({ message, requestedSchema });
};

const sampling = (words: string, maxTokens: number) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: words } }],
    maxTokens,
  });

const responsesOf = (ctx: ServerContext): Record<string, unknown> => ctx.mcpReq.inputResponses ?? {};

export function registerInputTools(server: McpServer, codec: RequestStateCodec<{ round: number }>): void {
  const register = (name: string, run: (ctx: ServerContext) => unknown) =>
    server.registerTool(name, { description: name }, (async (ctx: ServerContext) => run(ctx)) as never);
  const state = (ctx: ServerContext) => ctx.mcpReq.requestState<{ round: number }>();

  register('test_input_required_result_elicitation', (ctx) => {
    const given = acceptedContent(ctx.mcpReq.inputResponses, 'user_name', z.object({ name: z.string() }));
    if (given) return done(`Hello, ${given.name}!`);
    return inputRequired({ inputRequests: { user_name: form('What is your name?', 'name') } });
  });
  register('test_input_required_result_sampling', (ctx) => {
    if ('capital_question' in responsesOf(ctx))
      return done(JSON.stringify(responsesOf(ctx).capital_question));
    return inputRequired({
      inputRequests: { capital_question: sampling('What is the capital of France?', 100) },
    });
  });
  register('test_input_required_result_list_roots', (ctx) => {
    if ('client_roots' in responsesOf(ctx)) return done(JSON.stringify(responsesOf(ctx).client_roots));
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  register('test_streaming_elicitation', () =>
    inputRequired({ inputRequests: { user_name: form('What is your name?', 'name') } }),
  );
  // A client that did not declare sampling is refused with -32021 for this.
  register('test_missing_capability', () =>
    inputRequired({ inputRequests: { greeting: sampling('Generate a greeting', 50) } }),
  );
  for (const name of ['request_state', 'tampered_state']) {
    register(`test_input_required_result_${name}`, async (ctx) => {
      if (state(ctx) && 'confirm' in responsesOf(ctx)) return done('state-ok');
      return inputRequired({
        inputRequests: { confirm: form('Please confirm', 'ok', 'boolean') },
        requestState: await codec.mint({ round: 1 }, ctx),
      });
    });
  }
  register('test_input_required_result_multiple_inputs', async (ctx) => {
    const wanted = {
      user_name: form('What is your name?', 'name'),
      greeting: sampling('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    };
    if (state(ctx) && Object.keys(wanted).every((key) => key in responsesOf(ctx))) return done('All there.');
    return inputRequired({ inputRequests: wanted, requestState: await codec.mint({ round: 1 }, ctx) });
  });
  register('test_input_required_result_multi_round', async (ctx) => {
    const round = state(ctx)?.round ?? 0;
    if (round >= 2) return done('Both rounds are done.');
    const [key, request] =
      round === 0
        ? ['step1', form('Step 1: What is your name?', 'name')]
        : ['step2', form('Step 2: What is your favorite color?', 'color')];
    return inputRequired({
      inputRequests: { [key as string]: request },
      requestState: await codec.mint({ round: round + 1 }, ctx),
    } as Parameters<typeof inputRequired>[0]);
  });
  register('test_input_required_result_capabilities', (ctx) => {
    const envelope: Record<string, unknown> = { ...ctx.mcpReq.envelope };
    const declared = (envelope[CLIENT_CAPABILITIES_META_KEY] ?? {}) as Record<string, unknown>;
    const requests = {
      ...(declared.elicitation !== undefined && { user_name: form('What is your name?', 'name') }),
      ...(declared.sampling !== undefined && { greeting: sampling('Generate a greeting', 50) }),
    };
    return Object.keys(requests).length > 0
      ? inputRequired({ inputRequests: requests })
      : done('Nothing to ask.');
  });
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks for context.' }, (async (
    ctx: ServerContext,
  ) => {
    const given = acceptedContent(
      ctx.mcpReq.inputResponses,
      'user_context',
      z.object({ context: z.string() }),
    );
    if (!given) {
      const user_context = form('What context should the prompt use?', 'context');
      return inputRequired({ inputRequests: { user_context } });
    }
    return { messages: [{ role: 'user', content: { type: 'text', text: given.context } }] };
  }) as never);
}
