// Stands in for the package global-agent in a clone. The install step of onnxruntime-node calls it first, then fetches GPU
// libraries from a host outside the npm registry; the CPU library is in its package. So the step ends here (docs/adr/014).
exports.bootstrap = () => process.exit(0);
