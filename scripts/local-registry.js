// A registry on this machine, for check-pack.sh: it has the packages of release/, and sends npm on to the registry it is set up
// with for any other. Says its address first, then each package that is fetched from it.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const upstream = process.argv[2].replace(/\/$/, '');
const manifests = new Map(
  readdirSync('release/packages').map((name) => [name, JSON.parse(readFileSync(join('release/packages', name, 'package.json'), 'utf8'))]),
);

const server = createServer((request, response) => {
  const [name, , file] = request.url.slice(1).split('/');
  if (!manifests.has(name)) {
    response.writeHead(302, { location: `${upstream}${request.url}` }).end();
  } else if (!file) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(packument(manifests.get(name))));
  } else if (existsSync(join('release', file))) {
    console.log(file);
    createReadStream(join('release', file)).pipe(response);
  } else {
    console.log(`${file} (not packed)`);
    response.writeHead(404).end();
  }
});
server.listen(0, '127.0.0.1', () => console.log(origin()));

function packument(manifest) {
  const { name, version } = manifest;
  const file = `${name}-${version}.tgz`;
  const dist = { tarball: `${origin()}/${name}/-/${file}` };
  const path = join('release', file);
  if (existsSync(path)) dist.integrity = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`;
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}

function origin() {
  return `http://127.0.0.1:${server.address().port}`;
}
