import type { FieldErrors } from '../../shared/ui/label.js';

/** What a form does, and how its page is shown again with what was typed. */
export interface FormPlan {
  act(): Promise<void>;
  /** Shows the page with the typed values and, by field, what is wrong with them. */
  again(errors: FieldErrors): Promise<void>;
  /** The field to blame for an error that names none. */
  otherField?: string;
}
