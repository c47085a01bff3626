import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender } from './contender.ts';
import { ourVersions } from './machine.ts';
import { encoderContender, programContender } from './ours.ts';
import { openPeerContender, peerSpecs } from './peers.ts';
import { writeJsonl } from './text-sets.ts';

/** The packaged model, and its float32 twin that `npm run build:model` writes. */
export const INT8 = 'models/minilm';
const FP32 = 'build/minilm-fp32';

export type Contenders = { contenders: Contender[]; versions: Record<string, string> };

/** Starts everybody who is here. `note` hears of who is not, and of what had to be done to run one. */
export async function openContenders(
  { weights, threads, folder }: { weights: string; threads: number; folder: string },
  note: (text: string) => void,
): Promise<Contenders> {
  const contenders: Contender[] = [programContender('program, int8', INT8), encoderContender('encoder, int8', INT8, { threads })];
  if (existsSync(join(FP32, 'model.onnx'))) {
    contenders.push(programContender('program, fp32', FP32), encoderContender('encoder, fp32', FP32, { threads }));
  } else {
    note(`${FP32} is not there, so ours in float32 is left out: npm run build:model writes it`);
  }
  const trialPath = join(folder, 'trial.jsonl');
  writeJsonl(trialPath, ['a short text', 'and another one, a little longer']);
  const versions = ourVersions();
  for (const spec of peerSpecs({ weights, threads })) {
    console.log(`starting ${spec.name}`);
    const peer = await openPeerContender(spec, { trialPath });
    if ('skipped' in peer) {
      note(`Left out: ${peer.skipped}`);
      continue;
    }
    for (const text of peer.notes) note(text);
    contenders.push(peer.contender);
    Object.assign(versions, peer.versions);
  }
  return { contenders, versions };
}
