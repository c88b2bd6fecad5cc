/** Makers for the tests of requests. */
import { testPassword } from '../../../../shared/testing/people.js';
import type { TestApi } from '../../../testing/serve.js';

/** The JWT of a person with the usual test password. */
export async function signInTo(api: TestApi, email: string): Promise<string> {
  const { body } = await api.call('/hitl/v1/api/auth/login', { body: { email, password: testPassword } });
  return (body as { data: { token: string } }).data.token;
}

/** A question that is answered by one of two words. */
export const approval = {
  processing_type: 'time-sensitive',
  type: 'markdown',
  priority: 'medium',
  request_text: 'Please review this content',
  timeout_seconds: 1800,
  response_type: 'single_select',
  response_config: {
    options: [
      { value: 'approve', label: 'Approve' },
      { value: 'reject', label: 'Reject' },
    ],
    required: true,
  },
  default_response: 'reject',
  platform: 'api',
};
