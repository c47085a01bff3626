import { register } from 'node:module';

/**
 * Is loaded into the program before its own code. Whatever knows models, tokenizers or the runtime can then not be loaded. What counts
 * letters is in the room of models, but knows none of these.
 */
const FORBIDDEN = /^onnxruntime|^@huggingface\/|\/dist\/(?:engine|model)\/(?!reading\/letters\.js)/;

const hooks = `
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    if (${FORBIDDEN}.test(specifier) || ${FORBIDDEN}.test(found.url)) throw new Error('no models here: ' + found.url);
    return found;
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
