import type { Sidebar } from '../../../shared/ui/app-shell.js';
import { paths } from '../paths.js';

export const accountSidebar: Sidebar = {
  home: paths.account,
  name: 'Your account',
  signOut: paths.signOut,
  groups: [
    {
      title: 'You',
      links: [
        { href: paths.account, label: 'Connected apps' },
        { href: paths.profile, label: 'Profile' },
        { href: paths.sessions, label: 'Sign-ins' },
        { href: paths.security, label: 'Email and password' },
        { href: paths.erase, label: 'Erase account' },
      ],
    },
    { title: 'For developers', links: [{ href: paths.console, label: 'Console' }] },
  ],
};
