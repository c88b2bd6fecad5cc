/** The fields of a key, shared by the page that makes one and the page that changes one. */

import { Choices } from '../../../shared/ui/checkboxes.js';
import { Field, Select, TextArea } from '../../../shared/ui/field.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import type { PermissionFact } from './products.js';

export interface KeyValues {
  name?: string;
  environment?: 'test' | 'live';
  permissions?: readonly string[];
  /** `YYYY-MM-DD`; empty for a key that never expires. */
  expiresOn?: string;
  /** One address or range per line. */
  allowIp?: string;
  rotateEveryDays?: number;
  leakPolicy?: 'notify' | 'roll' | 'revoke';
}

export interface KeyFieldFacts {
  environments: readonly ('test' | 'live')[];
  /** Empty for a product whose keys have no permissions of their own. */
  permissions: readonly PermissionFact[];
  /** Why the allowlist cannot be set now: "It comes with the Enterprise plan." */
  allowlistBlocked?: string;
}

const environmentChoices = {
  test: { value: 'test', label: 'Test', hint: 'Simulated people answer. Nobody real is asked for anything.' },
  live: { value: 'live', label: 'Live', hint: 'Real people get real tasks.' },
};

const rotationChoices = [
  { value: '', label: 'Do not remind me' },
  { value: '30', label: 'Every 30 days' },
  { value: '90', label: 'Every 90 days' },
  { value: '180', label: 'Every 180 days' },
];

const leakChoices = [
  { value: 'revoke', label: 'Revoke it at once', hint: 'The safest, and what a live key should have.' },
  {
    value: 'roll',
    label: 'Roll it',
    hint: 'The leaked one works for a short time more, so that you can switch.',
  },
  { value: 'notify', label: 'Only tell me', hint: 'It goes on working until you act.' },
];

interface KeyFieldsProps {
  facts: KeyFieldFacts;
  values: KeyValues;
  errors?: FieldErrors;
  /** The environment is part of the key: it can be chosen only when the key is made. */
  isNew: boolean;
}

export function KeyFields({ facts: definition, values, errors, isNew }: KeyFieldsProps) {
  const { environments, permissions, allowlistBlocked } = definition;
  return (
    <>
      <Field
        name="name"
        label="Name"
        hint="Where it will be used: the name is what you look for when something goes wrong."
        value={values.name}
        errors={errors}
        maxlength={100}
        required
      />
      {isNew ? (
        <Choices
          type="radio"
          name="environment"
          label="Environment"
          errors={errors}
          choices={environments.map((environment) => environmentChoices[environment])}
          selected={[values.environment ?? environments[0] ?? '']}
        />
      ) : null}
      {permissions.length > 0 ? (
        <Choices
          type="checkbox"
          name="permissions"
          label="Permissions"
          hint="Leave on only what this place needs."
          errors={errors}
          choices={permissions.map(({ name, sentence }) => ({ value: name, label: name, hint: sentence }))}
          selected={values.permissions ?? permissions.map(({ name }) => name)}
        />
      ) : null}
      <Field
        name="expires_on"
        type="date"
        label="Expires"
        hint="At the end of that day, UTC. Empty: never."
        value={values.expiresOn}
        errors={errors}
      />
      {allowlistBlocked ? (
        <p class="muted">
          <strong>Allowed addresses.</strong> {allowlistBlocked}
        </p>
      ) : (
        <TextArea
          name="allow_ip"
          label="Allowed addresses"
          hint="One address or range per line, such as 203.0.113.0/24. Empty: from anywhere."
          value={values.allowIp}
          errors={errors}
          mono
        />
      )}
      <Select
        name="rotate_every_days"
        label="Rotation"
        hint="We write to you when it is due, and the key expires 14 days later."
        choices={rotationChoices}
        value={values.rotateEveryDays?.toString() ?? ''}
        errors={errors}
      />
      <Choices
        type="radio"
        name="leak_policy"
        label="If someone finds it in public"
        choices={leakChoices}
        selected={[values.leakPolicy ?? 'revoke']}
        errors={errors}
      />
    </>
  );
}
