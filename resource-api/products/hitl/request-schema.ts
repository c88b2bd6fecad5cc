/** What may be asked, member by member. What a `response_config` must be is the domain's to say. */
import { z } from 'zod';
import { freeForm } from '../../body/member-schemas.js';
import { paging, text } from './conventions.js';
import { requestSorts } from './domain/request-list.js';
import { contentTypes, priorities, processingTypes, statuses } from './domain/requests.js';
import { responseTypes } from './domain/response-rules.js';

const platforms = ['n8n', 'zapier', 'web_portal', 'api', 'mobile', 'webhook'] as const;
const [minimumSeconds, maximumSeconds] = [60, 86_400];

const seconds = z
  .number()
  .refine(
    (value) => Number.isInteger(value) && value >= minimumSeconds && value <= maximumSeconds,
    `timeout_seconds must be between ${minimumSeconds} and ${maximumSeconds}`,
  );

const webAddress = z
  .string()
  .refine(
    (value) => value.length <= 2000 && /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
    'image_url must be an http or https address',
  );

export const newRequest = z
  .strictObject({
    processing_type: z.enum(processingTypes),
    type: z.enum(contentTypes),
    priority: z.enum(priorities),
    request_text: text('request_text', 1, 2000),
    image_url: webAddress.nullish(),
    context: freeForm.nullish(),
    timeout_seconds: seconds.nullish(),
    response_type: z.enum(responseTypes),
    response_config: freeForm,
    default_response: z.unknown().optional(),
    platform: z.enum(platforms).nullish(),
    platform_version: text('platform_version', 0, 50).nullish(),
    callback_url: z.string().nullish(),
  })
  .superRefine((body, context) => {
    const require = (member: string, message: string) =>
      context.addIssue({ code: 'custom', path: [member], message });
    if (body.processing_type === 'time-sensitive' && body.timeout_seconds == null) {
      require('timeout_seconds', 'timeout_seconds is required for time-sensitive requests');
    }
    if (body.type === 'image' && body.image_url == null) {
      require('image_url', 'image_url is required for image requests');
    }
  });

const inLoop = paging(50).extend({
  status: z.enum(statuses).optional(),
  priority: z.enum(priorities).optional(),
  sort: z.enum(requestSorts).default('created_at_desc'),
});

export const loopFilter = inLoop;
export const requestFilter = inLoop.extend({ loop_id: z.string().max(64).optional() });
