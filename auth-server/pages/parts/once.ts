import type { AppShellPageProps } from '../../../shared/ui/app-shell.js';

export interface SignedInPageProps extends AppShellPageProps {
  /** A random value; forms that make something carry it in the hidden field `once`, so that none works twice. */
  once: string;
}
