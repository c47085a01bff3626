export { APART, factsDiffer, factsOf, type Facts } from './compare.ts';
export { differenceOf } from './difference.ts';
