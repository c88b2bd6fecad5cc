import { Choices } from '../../../shared/ui/checkboxes.js';
import { formatDay } from '../../../shared/ui/timestamp.js';

export type Duration = 'once' | '30d' | 'always';

const thirtyDays = 30 * 24 * 60 * 60 * 1000;

interface DurationChoicesProps {
  selected: Duration;
  now: Date;
  lapsesAfterDays?: number;
}

export function DurationChoices({ selected, now, lapsesAfterDays }: DurationChoicesProps) {
  const lapse = lapsesAfterDays ? ` Unused for ${lapsesAfterDays} days, it lapses by itself.` : '';
  return (
    <Choices
      type="radio"
      name="duration"
      label="For how long"
      selected={[selected]}
      choices={[
        { value: 'once', label: 'This once', hint: 'Ends within the hour.' },
        {
          value: '30d',
          label: '30 days',
          hint: `Ends on ${formatDay(new Date(now.getTime() + thirtyDays))}.`,
        },
        { value: 'always', label: 'Until I revoke it', hint: `On your account page, at any time.${lapse}` },
      ]}
    />
  );
}
