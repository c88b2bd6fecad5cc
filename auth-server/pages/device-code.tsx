/** Where a person types in the code that a device shows them (RFC 8628 section 3.3). */

import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Field } from '../../shared/ui/field.js';
import { Form, SubmitButton } from '../../shared/ui/form.js';

export interface DeviceCodeProps extends PageProps {
  action: string;
  /** Binds the form to the session that it was shown in. */
  xsrf: string;
  /** Typed before, or brought along by the device's link. */
  code?: string;
}

export function deviceCodePage({ action, xsrf, code, csrf, ...page }: DeviceCodeProps): string {
  return renderPage(
    <Card title="Connect a device" lead="Type in the code that your device or program shows." {...page}>
      <Form action={action} csrf={csrf} hidden={{ xsrf }}>
        <Field
          name="user_code"
          label="Code"
          hint="Eight letters, such as BCDF-GHJK."
          value={code}
          autocomplete="off"
          maxlength={20}
          required
        />
        <p class="muted small">
          Did somebody send you this code, or a link with it? Then stop here: you would let their device in.
        </p>
        <div class="actions">
          <SubmitButton>Go on</SubmitButton>
        </div>
      </Form>
    </Card>,
  );
}
