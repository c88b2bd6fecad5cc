/**
 * The configuration of a process. Only this file reads the environment; everything else gets a `Config`. Development
 * needs no variable; production has no default for anything secret.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { canonicalEmail } from './email.js';
import { type Environment, loadEnvironmentFile, readEnvironment } from './environment.js';
import { StartupError } from './startup-error.js';

export interface Config {
  production: boolean;
  host: string;
  authPort: number;
  apiPort: number;
  /** Public address of the authorization server, without a trailing slash (RFC 8414 `issuer`). */
  issuer: string;
  /** Public address of the resource API, without a trailing slash. */
  apiUrl: string;
  databaseUrl: string | undefined;
  /** The database without a pooler in between, for LISTEN and migrations; `databaseUrl` where it is not set. */
  databaseDirectUrl: string | undefined;
  /** Off behind a pooler that refuses them: transactions then set their own timeouts. */
  databaseStartupParameters: boolean;
  redisUrl: string | undefined;
  /** Whether a production process may start although Redis has not answered. */
  redisOptional: boolean;
  /** Prefix of every Redis key; tests give each database its own. */
  redisPrefix: string;
  /** Postgres connections that one process holds at most. */
  databasePoolSize: number;
  dataDir: string;
  /** 32-byte keys, newest first: the first encrypts and signs, all decrypt and verify. */
  secretKeys: readonly Buffer[];
  /** HMAC keys for API-key hashes, newest first; empty means plain SHA-256. */
  keyPeppers: readonly Buffer[];
  smtpUrl: string | undefined;
  mailFrom: string;
  /** Host name to product id, as `PRODUCT_HOSTS` says. */
  productHosts: ReadonlyMap<string, string>;
  trustedProxies: number;
  refreshGraceSeconds: number;
  openRegistration: boolean;
  defaultProduct: string | undefined;
  simulationSpeed: number;
  rateLimitFactor: number;
  authHosts: readonly string[];
  clientDocumentsDir: string | undefined;
  clientDocumentHosts: readonly string[];
  outboundAllow: readonly string[];
  adminEmails: readonly string[];
  supportEmail: string | undefined;
  leaksPublicKeys: readonly string[];
  /** Browser origins that may call the server of agents' tools, beside our own. */
  mcpAllowedOrigins: readonly string[];
  metricsPort: number | undefined;
  logLevel: Environment['LOG_LEVEL'];
  /** bcrypt work factor for passwords; tests lower it. */
  bcryptCost: number;
}

/** The record of the embedded database, by which an installation is known (shared/embedded-postgres/record.ts). */
const installationFile = 'postgres.json';

/** Thrown with every problem of the environment at once; the message is meant for an operator's eyes. */
export class ConfigError extends StartupError {}

/**
 * Reads and checks the environment, with `.env` where there is one. Throws `ConfigError`. `existing`: the data folder
 * must hold an installation already, unless DATABASE_URL names a database; nothing is created.
 */
export function loadConfig(source?: NodeJS.ProcessEnv, { existing = false } = {}): Config {
  if (source === undefined) loadEnvironmentFile(process.env);
  const { env, problems } = readEnvironment(source ?? process.env);
  if (env === undefined || problems.length > 0) {
    throw new ConfigError(`Latchkey cannot start: ${problems.join('; ')}.`);
  }
  const production = env.NODE_ENV === 'production';
  if (existing && env.DATABASE_URL === undefined && !existsSync(join(env.DATA_DIR, installationFile))) {
    throw new ConfigError(
      `There is no installation in the data folder ${env.DATA_DIR}: "npm start" makes one; or set DATA_DIR or DATABASE_URL.`,
    );
  }
  return {
    production,
    host: env.HOST,
    authPort: env.AUTH_PORT,
    apiPort: env.API_PORT,
    issuer: env.ISSUER ?? `http://localhost:${env.AUTH_PORT}`,
    apiUrl: env.API_URL ?? `http://localhost:${env.API_PORT}`,
    databaseUrl: env.DATABASE_URL,
    databaseDirectUrl: env.DATABASE_DIRECT_URL,
    databaseStartupParameters: env.DATABASE_STARTUP_PARAMETERS === 'on',
    redisUrl: env.REDIS_URL,
    redisOptional: env.REDIS_OPTIONAL === 'on',
    redisPrefix: 'latchkey:',
    databasePoolSize: env.DATABASE_POOL_SIZE,
    dataDir: resolve(env.DATA_DIR),
    secretKeys: (env.SECRET_KEY.length > 0 ? env.SECRET_KEY : [developmentSecret(env.DATA_DIR)]).map((hex) =>
      Buffer.from(hex, 'hex'),
    ),
    keyPeppers: env.KEY_PEPPER.map((text) => Buffer.from(text, 'utf8')),
    smtpUrl: env.SMTP_URL,
    mailFrom: env.MAIL_FROM,
    productHosts: new Map(env.PRODUCT_HOSTS.map(productHost)),
    trustedProxies: env.TRUST_PROXY,
    refreshGraceSeconds: env.REFRESH_GRACE_SECONDS,
    openRegistration: env.OPEN_REGISTRATION === 'on',
    defaultProduct: env.DEFAULT_PRODUCT,
    simulationSpeed: env.SIMULATION_SPEED,
    rateLimitFactor: env.RATE_LIMIT_FACTOR,
    authHosts: env.AUTH_HOSTS.map((host) => host.toLowerCase()),
    clientDocumentsDir: env.CLIENT_DOCUMENTS_DIR,
    clientDocumentHosts: env.CLIENT_DOCUMENT_HOSTS.map((host) => host.toLowerCase()),
    outboundAllow: env.OUTBOUND_ALLOW,
    adminEmails: env.ADMIN_EMAILS.map(canonicalEmail),
    supportEmail: env.SUPPORT_EMAIL,
    leaksPublicKeys: env.LEAKS_PUBLIC_KEYS,
    mcpAllowedOrigins: env.MCP_ALLOWED_ORIGINS,
    metricsPort: env.METRICS_PORT,
    logLevel: env.LOG_LEVEL,
    bcryptCost: 12,
  };
}

function productHost(pair: string): [host: string, product: string] {
  const [product, host] = pair.split('=');
  if (!product || !host) throw new ConfigError(`PRODUCT_HOSTS has "${pair}" where product=host is expected.`);
  return [host.toLowerCase(), product];
}

/** The development secret is made once per data folder; two processes that start together agree on one. */
function developmentSecret(dataDir: string): string {
  const path = join(resolve(dataDir), 'secret-key');
  try {
    mkdirSync(resolve(dataDir), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) createOnce(path, randomBytes(32).toString('hex'));
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`The data folder ${dataDir} cannot be used: ${(error as Error).message}.`);
  }
}

/** Writes a file for its owner alone, whole or not at all; the first of several writers wins. */
function createOnce(path: string, content: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
