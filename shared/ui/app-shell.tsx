/**
 * The layout of signed-in pages: a sidebar with links at the left (a menu at the top under 900 px), a title with one
 * main action at its right, the content below. Console, account and inbox differ only in their sidebars.
 */
import type { ComponentChildren } from 'preact';
import { Document, type PageProps } from './document.js';
import { Foreign, toVisibleLine } from './foreign-text.js';
import { ActionButton } from './form.js';
import { Mark } from './mark.js';
import { Notices } from './notices.js';

export interface SidebarLink {
  href: string;
  label: string;
}

export interface Sidebar {
  home: string;
  /** What the sidebar's links belong to: "Console", "Your account". */
  name: string;
  /** Path to which "Sign out" posts `csrf` and `logout=yes`. */
  signOut: string;
  groups: readonly { title: string; links: readonly SidebarLink[] }[];
}

export interface SignedInPerson {
  name: string;
  email: string;
}

export interface AppShellPageProps extends PageProps {
  person: SignedInPerson;
}

interface AppShellProps extends AppShellPageProps {
  sidebar: Sidebar;
  /** `href` of the sidebar's link to this page. */
  current: string;
  title: string;
  lead?: ComponentChildren;
  action?: ComponentChildren;
  children: ComponentChildren;
}

export function AppShell({ sidebar, current, title, lead, action, children, ...page }: AppShellProps) {
  const { person, csrf, notice, error, supportEmail } = page;
  return (
    <Document title={title} kind="desk">
      <header class="rail">
        <a class="brand" href={sidebar.home}>
          <Mark />
          <span>Latchkey</span>
        </a>
        <nav aria-label={sidebar.name}>
          {sidebar.groups.map((group) => (
            <div key={group.title} class="rail-group">
              <p>{group.title}</p>
              <ul>
                {group.links.map((link) => (
                  <li key={link.href}>
                    <a href={link.href} aria-current={link.href === current ? 'page' : undefined}>
                      {link.label}
                    </a>
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </nav>
        <div class="rail-person">
          <p>
            <Foreign text={person.name} maximum={40} />
            <span class="muted">{toVisibleLine(person.email)}</span>
          </p>
          <ActionButton action={sidebar.signOut} csrf={csrf} hidden={{ logout: 'yes' }} look="link">
            Sign out
          </ActionButton>
        </div>
      </header>
      <main id="main" tabindex={-1}>
        <div class="page-head">
          <h1>{toVisibleLine(title)}</h1>
          {action}
        </div>
        {lead ? <p class="lead">{lead}</p> : null}
        <Notices notice={notice} error={error} />
        {children}
        {supportEmail ? (
          <footer class="small-print">
            Questions? <a href={`mailto:${supportEmail}`}>{supportEmail}</a>
          </footer>
        ) : null}
      </main>
    </Document>
  );
}
