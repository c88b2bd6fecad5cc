import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { Checkbox, type Choice, Choices } from '../../../shared/ui/checkboxes.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Field, TextArea } from '../../../shared/ui/field.js';
import { Form, SubmitButton } from '../../../shared/ui/form.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import { paths } from '../paths.js';
import { accountSidebar } from './sidebar.js';

export interface ProfileProps extends AppShellPageProps {
  values: {
    name: string;
    takesTasks: boolean;
    /** As typed, with commas. */
    skills?: string;
    about?: string;
    availability?: string;
    /** `HH:MM`, both or neither. */
    quietFrom?: string;
    quietTo?: string;
    /** IANA name, such as Europe/Madrid. */
    timeZone?: string;
  };
  /** The states that a person can choose: "available", "busy". */
  availabilityChoices: readonly Choice[];
  errors?: FieldErrors;
}

export function profilePage({ values, availabilityChoices, errors, ...page }: ProfileProps): string {
  return renderPage(
    <AppShell
      {...page}
      sidebar={accountSidebar}
      current={paths.profile}
      title="Profile"
      lead={
        values.takesTasks
          ? 'You take tasks. Apps that you allowed can read this profile and ask you for work.'
          : 'You take no tasks now, and no app can ask you for work.'
      }
    >
      <Form action={paths.profile} csrf={page.csrf} class="sheet-form">
        <Field
          name="name"
          label="Name"
          value={values.name}
          errors={errors}
          autocomplete="name"
          maxlength={100}
          required
        />
        <Checkbox
          name="takes_tasks"
          label="I take tasks"
          hint="Off: open tasks are handed back, and your profile is hidden. Your connected apps stay listed."
          checked={values.takesTasks}
          errors={errors}
        />
        <Choices
          type="radio"
          name="availability"
          label="Right now"
          choices={availabilityChoices}
          selected={[values.availability ?? availabilityChoices[0]?.value ?? '']}
          errors={errors}
        />
        <Field
          name="skills"
          label="Skills"
          hint="Separated by commas: Spanish, proofreading, plumbing."
          value={values.skills}
          errors={errors}
        />
        <TextArea name="about" label="About you" value={values.about} errors={errors} />
        <fieldset>
          <legend>Quiet hours</legend>
          <p class="hint">No task is offered then. It waits until you are back.</p>
          <div class="row">
            <Field name="quiet_from" type="time" label="From" value={values.quietFrom} errors={errors} />
            <Field name="quiet_to" type="time" label="To" value={values.quietTo} errors={errors} />
            <Field
              name="time_zone"
              label="Time zone"
              value={values.timeZone}
              errors={errors}
              autocomplete="off"
            />
          </div>
        </fieldset>
        <div class="actions">
          <SubmitButton>Save the profile</SubmitButton>
        </div>
      </Form>
    </AppShell>,
  );
}
