import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contender.ts';
import { PEER_FOLDER, PYTHON } from './install.ts';
import { openPeer, type PeerSpec } from './peer-process.ts';

/** A peer that is ready, with the versions of what it is made of; or why it is not. */
export type OpenedPeer = { contender: Contender; versions: Record<string, string>; notes: string[] } | { skipped: string };

/** All peers, installed or not. */
export function peerSpecs({ weights, threads }: { weights: string; threads: number }): PeerSpec[] {
  const models = join(PEER_FOLDER, 'models/minilm');
  const script = fileURLToPath(new URL('./peer-transformers.js', import.meta.url));
  const transformersJs = (dtype: 'fp32' | 'q8', batch: number): PeerSpec => ({
    name: `transformers.js ${dtype}, batch ${batch}`,
    command: process.execPath,
    args: [script, PEER_FOLDER, dtype, String(batch)],
    needs: [join(PEER_FOLDER, 'js/node_modules/@huggingface/transformers'), join(models, 'onnx/model_quantized.onnx')],
    remark: 'transformers.js cuts the closing [SEP] off with the text that is too long, so its vectors of cut texts differ a little',
  });
  const python = (peer: string, model: string): Pick<PeerSpec, 'command' | 'args'> => ({
    command: PYTHON,
    args: ['bench/encode_peers.py', peer, model, String(threads)],
  });
  return [
    { name: 'sentence-transformers', ...python('sentence-transformers', weights), needs: [PYTHON, weights] },
    {
      name: 'OpenVINO int8',
      ...python('openvino', models),
      needs: [PYTHON, join(models, 'openvino/int8.xml')],
      remark:
        'OpenVINO takes one stream a processor and length-sorted batches of 1,024 tokens: one stream, or batches of 4,096, were slower where that was tried',
      // where a virtual machine shows AMX but hides its tile sizes (CPUID leaf 0x1D is zero), oneDNN emits illegal AMX code
      fallback: {
        environment: { ONEDNN_MAX_CPU_ISA: 'AVX512_CORE_FP16' },
        meaning: 'without AMX (ONEDNN_MAX_CPU_ISA=AVX512_CORE_FP16), which ONNX Runtime may use all the same',
      },
    },
    transformersJs('q8', 32),
    transformersJs('fp32', 32),
    transformersJs('q8', 1),
    transformersJs('fp32', 1),
  ];
}

/** Starts a peer; one that is absent or fails is left out, and says why. */
export async function openPeerContender(spec: PeerSpec, { trialPath }: { trialPath: string }): Promise<OpenedPeer> {
  const { name } = spec;
  const missing = spec.needs.find((path) => !existsSync(path));
  if (missing !== undefined) {
    return { skipped: `${name}, for want of ${basename(missing)}: --install fetches the peers, --weights names the published model` };
  }
  try {
    const { versions, fellBack, encode, close } = await openPeer(spec, { trialPath });
    const notes = spec.remark ? [spec.remark] : [];
    if (fellBack) notes.push(`${name} ran ${spec.fallback?.meaning}, because otherwise ${fellBack}`);
    return {
      contender: { name, side: 'peer', encode: ({ jsonlPath }, vectorsPath) => encode(jsonlPath, vectorsPath), close },
      versions,
      notes,
    };
  } catch (error) {
    return { skipped: (error as Error).message };
  }
}
