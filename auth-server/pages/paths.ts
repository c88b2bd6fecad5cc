/**
 * Every address of the authorization server that a person's browser meets. Pages link to these, the router mounts
 * these, and so a renamed page cannot leave a dead link behind.
 */
/** A router asks for patterns by giving a name with a colon, which stays as it is. */
const segment = (value: string): string => (/^:\w+$/.test(value) ? value : encodeURIComponent(value));

export const paths = {
  home: '/',
  signIn: '/signin',
  signUp: '/signup',
  signOut: '/signout',
  forgot: '/forgot',
  reset: '/reset',
  verify: '/verify',
  verifyChange: '/verify/change',
  verifyCode: '/verify/code',
  resendVerification: '/verify/resend',
  devMail: '/dev/mail',

  console: '/console',
  keys: '/console/keys',
  newKey: '/console/keys/new',
  /** POST: mails the link that claims an agent with one's email. */
  claimAgent: '/console/agents/claim',
  key: (id: string) => `/console/keys/${segment(id)}`,
  keyAction: (id: string, action: 'rename' | 'roll' | 'disable' | 'enable' | 'delete') =>
    `/console/keys/${segment(id)}/${action}`,
  apps: '/console/apps',
  newApp: '/console/apps/new',
  app: (id: string) => `/console/apps/${segment(id)}`,
  appAction: (id: string, action: 'disable' | 'enable' | 'delete' | 'secrets') =>
    `/console/apps/${segment(id)}/${action}`,
  appSecretDelete: (id: string, secretId: string) =>
    `/console/apps/${segment(id)}/secrets/${segment(secretId)}/delete`,
  usage: '/console/usage',
  audit: '/console/audit',
  plans: '/console/plans',

  account: '/account',
  revokeConnection: (id: string) => `/account/connections/${segment(id)}/revoke`,
  sessions: '/account/sessions',
  endSession: (id: string) => `/account/sessions/${segment(id)}/end`,
  endOtherSessions: '/account/sessions/end-others',
  profile: '/account/profile',
  security: '/account/security',
  changePassword: '/account/security/password',
  changeEmail: '/account/security/email',
  erase: '/account/erase',

  connect: (ref: string) => `/connect/${segment(ref)}`,
  connected: '/connected',
} as const;

/** The path with its query; members that are undefined or empty are left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value) parameters.set(name, value);
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}
