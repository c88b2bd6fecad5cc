import type { Sidebar } from '../../../shared/ui/app-shell.js';
import { paths } from '../paths.js';

export const consoleSidebar: Sidebar = {
  home: paths.console,
  name: 'Console',
  signOut: paths.signOut,
  groups: [
    {
      title: 'Settings',
      links: [
        { href: paths.keys, label: 'API Keys' },
        { href: paths.apps, label: 'Apps' },
        { href: paths.plans, label: 'Plans' },
      ],
    },
    {
      title: 'Watch',
      links: [
        { href: paths.usage, label: 'Usage' },
        { href: paths.audit, label: 'Audit' },
      ],
    },
    { title: 'You', links: [{ href: paths.account, label: 'Your account' }] },
  ],
};
