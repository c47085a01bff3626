import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How to start a peer. It speaks JSON lines: its versions once it is loaded, then one answer to each request. */
export type PeerSpec = {
  name: string;
  command: string;
  args: readonly string[];
  /** Files it cannot do without. */
  needs: readonly string[];
  /** What its figures do not say by themselves. */
  remark?: string;
  /** What is added to the environment where the peer does not survive a trial without it, and what that means. */
  fallback?: { environment: Record<string, string>; meaning: string };
};

/** A running peer: an answer to each message. */
export type Peer = {
  versions: Record<string, string>;
  ask(message: object): Promise<unknown>;
  close(): Promise<void>;
};

export type PeerProcess = {
  versions: Record<string, string>;
  /** Why it needed its fallback, where it did. */
  fellBack: string | undefined;
  /** Seconds, as the peer itself took them. */
  encode(jsonlPath: string, vectorsPath?: string): Promise<number>;
  close(): Promise<void>;
};

/** Starts a peer and has it encode the texts of `trialPath`; once more with its fallback, if that fails. */
export async function openPeer(spec: PeerSpec, { trialPath }: { trialPath: string }): Promise<PeerProcess> {
  try {
    return await tryPeer(spec, {}, trialPath);
  } catch (error) {
    if (!spec.fallback) throw error;
    return { ...(await tryPeer(spec, spec.fallback.environment, trialPath)), fellBack: (error as Error).message };
  }
}

async function tryPeer(spec: PeerSpec, environment: Record<string, string>, trialPath: string): Promise<PeerProcess> {
  const { versions, ask, close } = await startPeer(spec, environment);
  const encode = async (texts: string, vectors?: string): Promise<number> =>
    ((await ask({ texts, vectors: vectors ?? null })) as { seconds: number }).seconds;
  try {
    await encode(trialPath);
    return { versions, fellBack: undefined, encode, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts a peer and waits for its versions. */
export async function startPeer(
  spec: Pick<PeerSpec, 'name' | 'command' | 'args'>,
  environment: Record<string, string> = {},
): Promise<Peer> {
  const { receive, send, close } = startProcess(spec, environment);
  try {
    const { versions } = (await receive()) as { versions: Record<string, string> };
    const ask = (message: object): Promise<unknown> => {
      send(message);
      return receive();
    };
    return { versions, ask, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** No network, no progress bars, and no usage statistics, which OpenVINO leaves out where it believes to run in CI. */
export const QUIET: Record<string, string> = { HF_HUB_OFFLINE: '1', TRANSFORMERS_VERBOSITY: 'error', CI: 'true' };

type Exchange = { receive: () => Promise<unknown>; send: (message: object) => void; close: () => Promise<void> };

function startProcess({ name, command, args }: Pick<PeerSpec, 'name' | 'command' | 'args'>, environment: Record<string, string>): Exchange {
  const child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...QUIET, ...environment } });
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  let said = '';
  let ended: Error | undefined;
  const end = (why: string): void => {
    ended ??= new Error(`${name} ${why}`);
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-4000)));
  // a process that died says so itself, below
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    // libraries print notes of their own
    if (line.startsWith('{')) waiting.shift()?.resolve(JSON.parse(line));
  });
  child.on('error', (error) => end(error.message));
  const closed = new Promise<void>((resolve) =>
    child.on('close', (code, signal) => {
      end(signal ? `was ended by ${signal}` : `ended in ${code}: ${said.trim().split('\n').at(-1)}`);
      resolve();
    }),
  );
  return {
    receive: () => (ended ? Promise.reject(ended) : new Promise((resolve, reject) => waiting.push({ resolve, reject }))),
    send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    close: () => {
      child.stdin.end();
      return closed;
    },
  };
}
