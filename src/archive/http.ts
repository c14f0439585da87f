import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, EnvHttpProxyAgent, interceptors, ProxyAgent, request } from 'undici';
import { badProxy, badUrl } from './errors.js';
import type { FetchContext } from './types.js';

export interface Answer {
  status: number;
  header(name: string): string | undefined;
  body: Readable;
}

const connectTimeout = 10_000;
const stuckAfter = 30_000;

// A proxy for packages (apt-cacher-ng, squid) takes plain requests and refuses CONNECT to port 80.
const agentOptions = { connect: { timeout: connectTimeout }, proxyTunnel: false };

const proxyVariables = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'] as const;

const makeDispatcher = (proxy: string | undefined): Dispatcher => {
  const named = proxy === undefined ? proxyVariables.find((name) => process.env[name]) : 'proxy';
  try {
    const agent =
      proxy !== undefined
        ? new ProxyAgent({ ...agentOptions, uri: proxy })
        : named
          ? new EnvHttpProxyAgent(agentOptions)
          : new Agent(agentOptions);
    return agent.compose(interceptors.redirect({ maxRedirections: 5 }));
  } catch {
    throw badProxy(named ?? 'the environment');
  }
};

const dispatchers = new Map<string, Dispatcher>();

const dispatcherFor = (proxy: string | undefined): Dispatcher => {
  const key = JSON.stringify([proxy, ...proxyVariables.map((name) => process.env[name])]);
  const known = dispatchers.get(key);
  if (known) return known;
  const made = makeDispatcher(proxy);
  dispatchers.set(key, made);
  return made;
};

const parseTarget = (text: string): { url: URL; authorization?: string } => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw badUrl(text);
  if (!url.username) return { url };
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { url, authorization: `Basic ${Buffer.from(login).toString('base64')}` };
};

/** The proxy that a request goes through, if that is sure: with `no_proxy` set it may go past the environment's. */
export const proxyInUse = ({ proxy }: FetchContext, url: string): string | undefined => {
  const { http_proxy, https_proxy, no_proxy } = process.env;
  if (proxy !== undefined || no_proxy) return proxy;
  return url.startsWith('https:') ? (https_proxy ?? http_proxy) : http_proxy;
};

/**
 * One GET through the proxy that `context` or the environment names, redirects followed. The body must be read or destroyed.
 * Throws what undici throws when the server cannot be reached.
 */
export const get = async (
  text: string,
  headers: Readonly<Record<string, string>>,
  context: FetchContext,
): Promise<Answer> => {
  const { url, authorization } = parseTarget(text);
  const timeout = context.timeout ?? stuckAfter;
  const answer = await request(url, {
    dispatcher: dispatcherFor(context.proxy),
    headers: { 'accept-encoding': 'identity', ...headers, ...(authorization ? { authorization } : {}) },
    headersTimeout: timeout,
    bodyTimeout: timeout,
    ...(context.signal ? { signal: context.signal } : {}),
  });
  const header = (name: string): string | undefined => {
    const value = answer.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return { status: answer.statusCode, header, body: answer.body };
};
