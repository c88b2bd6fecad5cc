/** A person's name, and their profile as a human who takes tasks. */
import { type HumanProfileChanges, updateHumanProfile } from '../../shared/identity/people/human-profile.js';
import { findHuman } from '../../shared/identity/people/humans.js';
import { renameUser } from '../../shared/identity/people/users.js';
import { inTransaction } from '../../shared/services.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { sendPage } from '../http/page.js';
import { type ProfileProps, profilePage } from '../pages/account/profile.js';
import { paths } from '../pages/paths.js';
import { goOn, type PageRequest, type SignedInRouter } from '../sign-in/signed-in-router.js';

type Values = ProfileProps['values'];

const availabilityChoices = [
  { value: 'available', label: 'Available', hint: 'New tasks may come.' },
  { value: 'busy', label: 'Busy', hint: 'No new tasks; what you have stays yours.' },
];

export function mountProfile(signedIn: SignedInRouter): void {
  signedIn.get(paths.profile, (request) => show(request));
  signedIn.form(paths.profile, (request, form) => {
    const values = read(form);
    return {
      act: async () => {
        const { services, user, actor } = request;
        await inTransaction(services, async (tx) => {
          await renameUser(tx, { userId: user.id, name: values.name }, actor);
          await updateHumanProfile(tx, user.id, toChanges(values), actor);
        });
        goOn(request, paths.profile, 'saved');
      },
      again: (errors) => show(request, values, errors),
    };
  });
}

function read(form: URLSearchParams): Values {
  const text = (name: string) => form.get(name) ?? '';
  return {
    name: text('name'),
    takesTasks: form.get('takes_tasks') !== null,
    skills: text('skills'),
    about: text('about'),
    availability: text('availability'),
    quietFrom: text('quiet_from'),
    quietTo: text('quiet_to'),
    timeZone: text('time_zone'),
  };
}

function toChanges(values: Values): HumanProfileChanges {
  const { quietFrom = '', quietTo = '' } = values;
  const quiet = quietFrom !== '' || quietTo !== '';
  return {
    displayName: values.name,
    takesTasks: values.takesTasks,
    available: values.availability !== 'busy',
    skills: (values.skills ?? '').split(','),
    bio: values.about ?? '',
    quietHours: quiet ? { from: quietFrom, to: quietTo } : null,
    timeZone: values.timeZone || 'UTC',
  };
}

async function show(request: PageRequest, values?: Values, errors?: FieldErrors): Promise<void> {
  const { services, ctx, user, props } = request;
  sendPage(
    ctx,
    profilePage({
      ...props,
      values: values ?? (await valuesOf(services, user)),
      availabilityChoices,
      errors,
    }),
  );
}

async function valuesOf(services: PageRequest['services'], user: PageRequest['user']): Promise<Values> {
  const human = await findHuman(services, user.id);
  const quiet = human?.quietHours as { from?: string; to?: string } | null | undefined;
  return {
    name: user.name,
    takesTasks: human !== undefined && human.profile.hidden !== true,
    skills: human?.skills.join(', '),
    about: human?.bio,
    availability: human && !human.acceptsTasks ? 'busy' : 'available',
    quietFrom: quiet?.from,
    quietTo: quiet?.to,
    timeZone: human?.timeZone ?? 'UTC',
  };
}
