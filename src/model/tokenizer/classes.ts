import type { TokenFlags } from './added-tokens.ts';

/** The version of transformers whose classes are followed (docs/adr/028-tokenizer-classes.md). */
export const REFERENCE = 'transformers 4.57';

/** Fields of a BertNormalizer that a class takes from tokenizer_config.json, instead of tokenizer.json. */
export type NormalizerField = 'lowercase' | 'strip_accents' | 'handle_chinese_chars';

/** The roles of special tokens, in the order in which the reference adds them. */
export const ROLES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const;
export type Role = (typeof ROLES)[number];

/** How a class of the reference reads tokenizer.json. */
export type TokenizerClass = {
  /** Without "Fast". */
  name: string;
  /** Special tokens that the settings do not name. */
  tokens: Readonly<Partial<Record<Role, string>>>;
  /** Flags that a token gets where it is named by its text only. */
  flags: Readonly<Partial<Record<Role, TokenFlags>>>;
  additional: readonly string[];
  normalizer: readonly NormalizerField[];
  /** Whether add_prefix_space of the settings replaces that of a ByteLevel. */
  prefixSpace: 'replaced' | 'kept' | 'refused';
  /** The defaults of add_bos_token and add_eos_token, which replace the post-processor. */
  around?: { bos: boolean; eos: boolean };
  /** Whether tokens <extra_id_0> and so on are added. */
  extraIds?: true;
};

const PLAIN: Omit<TokenizerClass, 'name'> = { tokens: {}, flags: {}, additional: [], normalizer: [], prefixSpace: 'replaced' };
const CLS = { unk_token: '[UNK]', sep_token: '[SEP]', pad_token: '[PAD]', cls_token: '[CLS]', mask_token: '[MASK]' };
const S = {
  bos_token: '<s>',
  eos_token: '</s>',
  sep_token: '</s>',
  cls_token: '<s>',
  unk_token: '<unk>',
  pad_token: '<pad>',
  mask_token: '<mask>',
};
const END = { bos_token: '<|endoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>' };
const ENDS = { ...CLS, bos_token: '[CLS]', eos_token: '[SEP]' };
const PIECES = { ...ENDS, unk_token: '<unk>', pad_token: '<pad>' };

const LEFT: TokenFlags = { lstrip: true, normalized: false };
const AS_WRITTEN: TokenFlags = { normalized: false };
const ALL = { ...Object.fromEntries(ROLES.map((role) => [role, AS_WRITTEN])), mask_token: LEFT };

const BERT = { ...PLAIN, tokens: CLS, normalizer: ['lowercase', 'strip_accents', 'handle_chinese_chars'] as const };
const ROBERTA = { ...PLAIN, tokens: S, flags: { mask_token: LEFT } };
const BART = { ...PLAIN, tokens: S, flags: { mask_token: { lstrip: true, normalized: true } } };
const T5 = {
  ...PLAIN,
  tokens: { eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' },
  prefixSpace: 'refused',
  extraIds: true,
} as const;
const FUNNEL = { ...S, sep_token: '<sep>', cls_token: '<cls>' };

const CLASSES: Readonly<Record<string, Omit<TokenizerClass, 'name'>>> = {
  PreTrainedTokenizer: PLAIN,
  // the name of transformers 5 for PreTrainedTokenizerFast; it takes no add_prefix_space
  TokenizersBackend: { ...PLAIN, prefixSpace: 'kept' },
  BertTokenizer: BERT,
  ConvBertTokenizer: BERT,
  DPRContextEncoderTokenizer: BERT,
  DPRQuestionEncoderTokenizer: BERT,
  DistilBertTokenizer: BERT,
  ElectraTokenizer: BERT,
  FunnelTokenizer: { ...BERT, tokens: FUNNEL },
  LayoutLMTokenizer: BERT,
  LxmertTokenizer: BERT,
  MobileBertTokenizer: BERT,
  RealmTokenizer: BERT,
  RetriBertTokenizer: BERT,
  SqueezeBertTokenizer: BERT,
  MPNetTokenizer: { ...BERT, tokens: { ...S, unk_token: '[UNK]' }, flags: ALL, normalizer: ['lowercase', 'strip_accents'] },
  RobertaTokenizer: ROBERTA,
  LongformerTokenizer: ROBERTA,
  BartTokenizer: BART,
  LEDTokenizer: BART,
  DebertaTokenizer: { ...PLAIN, tokens: ENDS },
  BloomTokenizer: { ...PLAIN, tokens: { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' } },
  CodeGenTokenizer: { ...PLAIN, tokens: END },
  GPT2Tokenizer: { ...PLAIN, tokens: END },
  HerbertTokenizer: {
    ...PLAIN,
    tokens: { sep_token: '</s>', cls_token: '<s>', unk_token: '<unk>', pad_token: '<pad>', mask_token: '<mask>' },
  },
  Qwen2Tokenizer: {
    ...PLAIN,
    tokens: { eos_token: '<|endoftext|>', unk_token: '<|endoftext|>', pad_token: '<|endoftext|>' },
    flags: { bos_token: AS_WRITTEN, eos_token: AS_WRITTEN, unk_token: AS_WRITTEN, pad_token: AS_WRITTEN },
  },
  XLMRobertaTokenizer: { ...PLAIN, tokens: S, flags: { mask_token: LEFT } },
  BarthezTokenizer: { ...PLAIN, tokens: S, flags: { mask_token: LEFT } },
  CamembertTokenizer: { ...ROBERTA, additional: ['<s>NOTUSED', '</s>NOTUSED', '<unk>NOTUSED'] },
  AlbertTokenizer: { ...PLAIN, tokens: PIECES, flags: { mask_token: LEFT } },
  RemBertTokenizer: { ...PLAIN, tokens: PIECES, flags: { mask_token: LEFT } },
  BigBirdTokenizer: { ...PLAIN, tokens: { ...PIECES, bos_token: '<s>', eos_token: '</s>' }, flags: ALL },
  DebertaV2Tokenizer: { ...PLAIN, tokens: ENDS },
  FNetTokenizer: {
    ...PLAIN,
    tokens: { ...CLS, unk_token: '<unk>', pad_token: '<pad>' },
    flags: { cls_token: AS_WRITTEN, sep_token: AS_WRITTEN, mask_token: LEFT },
  },
  XLNetTokenizer: { ...PLAIN, tokens: FUNNEL, flags: { mask_token: LEFT }, additional: ['<eop>', '<eod>'] },
  T5Tokenizer: T5,
  MT5Tokenizer: T5,
  LlamaTokenizer: {
    ...PLAIN,
    tokens: { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' },
    prefixSpace: 'refused',
    around: { bos: true, eos: false },
  },
  GemmaTokenizer: {
    ...PLAIN,
    tokens: { bos_token: '<bos>', eos_token: '<eos>', unk_token: '<unk>', pad_token: '<pad>' },
    around: { bos: true, eos: false },
  },
  GPTNeoXTokenizer: { ...PLAIN, tokens: END, around: { bos: false, eos: false } },
};

/** The class of a model_type, where no file names a class. */
const CLASS_OF_TYPE = new Map(
  Object.entries({
    AlbertTokenizer: 'albert nystromformer yoso',
    BartTokenizer: 'bart',
    BarthezTokenizer: 'barthez',
    BertTokenizer: 'align bark bert blip bros chinese_clip ernie git megatron-bert nezha nomic_bert qdqbert visual_bert',
    BigBirdTokenizer: 'big_bird',
    BloomTokenizer: 'bloom',
    CamembertTokenizer: 'camembert',
    CodeGenTokenizer: 'codegen phi',
    ConvBertTokenizer: 'convbert',
    DPRQuestionEncoderTokenizer: 'dpr',
    DebertaTokenizer: 'deberta',
    DebertaV2Tokenizer: 'deberta-v2',
    DistilBertTokenizer: 'distilbert',
    ElectraTokenizer: 'electra',
    FNetTokenizer: 'fnet',
    FunnelTokenizer: 'funnel',
    GPT2Tokenizer: 'dbrx exaone4 flex_olmo gpt2 gpt_bigcode gpt_neo gptj minimax olmo3 opt starcoder2',
    GPTNeoXTokenizer: 'falcon_mamba gpt_neox mamba mamba2 mpt olmo olmo2 olmoe rwkv stablelm xlstm',
    GemmaTokenizer: 'gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text recurrent_gemma t5gemma',
    LEDTokenizer: 'led',
    LayoutLMTokenizer: 'layoutlm',
    LlamaTokenizer:
      'arcee deepseek_v2 deepseek_v3 diffllama ernie4_5 jamba jetmoe llama ministral mistral mixtral phi3 phimoe zamba zamba2',
    LongformerTokenizer: 'longformer',
    LxmertTokenizer: 'lxmert',
    MPNetTokenizer: 'mpnet',
    MT5Tokenizer: 'mt5',
    MobileBertTokenizer: 'mobilebert',
    PreTrainedTokenizer: 'bitnet falcon glm glm4 gpt_oss helium modernbert nemotron smollm3',
    Qwen2Tokenizer: 'qwen2 qwen2_moe qwen2_vl qwen2_5_vl qwen3 qwen3_moe qwen3_next qwen3_vl',
    RemBertTokenizer: 'rembert',
    RobertaTokenizer: 'data2vec-text ibert mega mra roberta roberta-prelayernorm',
    SqueezeBertTokenizer: 'squeezebert',
    T5Tokenizer: 'longt5 switch_transformers t5 umt5',
    XLMRobertaTokenizer: 'gte jina_embeddings_v3 metaclip_2 xlm-roberta xlm-roberta-xl xmod',
    XLNetTokenizer: 'xlnet',
  }).flatMap(([name, types]) => types.split(' ').map((type) => [type, name] as const)),
);

/** Types whose tokenizer in the reference does not read tokenizer.json, or not as any class above. */
const OTHER_TYPES: ReadonlySet<string> = new Set(
  (
    'bartpho bert-generation bert-japanese bertweet bigbird_pegasus biogpt blenderbot blenderbot-small byt5 canine clip clipseg code_llama cohere cohere2 cpm ' +
    'cpmant ctrl ernie_m esm flaubert fsmt gpt-sw3 gpt_neox_japanese granite granitemoe layoutlmv2 layoutlmv3 layoutxlm lilt luke m2m_100 marian mbart mbart50 mluke ' +
    'mvp myt5 nllb nllb-moe openai-gpt pegasus pegasus_x perceiver phobert plbart prophetnet rag reformer roc_bert roformer siglip siglip2 splinter tapas transfo-xl ' +
    'udop whisper xglm xlm xlm-prophetnet'
  ).split(' '),
);

/** A class by its name, with or without "Fast"; undefined if it is not known. */
export function classNamed(name: string): TokenizerClass | undefined {
  const base = name.replace(/Fast$/, '');
  return Object.hasOwn(CLASSES, base)
    ? { name: base === 'PreTrainedTokenizer' ? 'PreTrainedTokenizerFast' : base, ...CLASSES[base]! }
    : undefined;
}

/** The class of a model_type; undefined if the reference reads it by other rules. A type that it does not know is read as it stands. */
export function classOfType(type: string | undefined): TokenizerClass | undefined {
  if (type !== undefined && OTHER_TYPES.has(type)) return undefined;
  return classNamed(CLASS_OF_TYPE.get(type ?? '') ?? 'TokenizersBackend');
}
