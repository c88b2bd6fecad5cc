import { Checkbox } from '../../../shared/ui/checkboxes.js';
import { formatDay } from '../../../shared/ui/timestamp.js';

export type Duration = 'once' | '30d' | 'always';

const thirtyDays = 30 * 24 * 60 * 60 * 1000;

interface DurationChoicesProps {
  selected: Duration;
  now: Date;
  lapsesAfterDays?: number;
}

export function DurationChoices({ selected, now, lapsesAfterDays }: DurationChoicesProps) {
  const choices = [
    { value: 'once', label: 'This once', hint: 'Ends within the hour.' },
    { value: '30d', label: '30 days', hint: `Ends on ${formatDay(new Date(now.getTime() + thirtyDays))}.` },
    {
      value: 'always',
      label: 'Until I revoke it',
      hint: lapsesAfterDays ? `Lapses after ${lapsesAfterDays} days unused.` : 'On your account page.',
    },
  ];
  return (
    <fieldset class="durations">
      <legend>For how long</legend>
      {choices.map(({ value, label, hint }) => (
        <Checkbox
          key={value}
          type="radio"
          name="duration"
          id={`duration-${value}`}
          value={value}
          label={label}
          hint={hint}
          checked={value === selected}
        />
      ))}
    </fieldset>
  );
}
