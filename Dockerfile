# embed in a container, with nothing else in it:
#   docker build -t embed .
#   docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" embed search corpus.txt how do I cook rice
# --network none may be added: nothing is fetched unless a remote model is named.
FROM node:20.20.2-bookworm-slim AS pack
WORKDIR /src
COPY . .
RUN npm ci && npm pack --pack-destination / && mv /corpus-embed-*.tgz /corpus-embed.tgz

FROM node:20.20.2-bookworm-slim
# mounted, not copied: a copy would stay in the image as a layer of 62 MB
RUN --mount=from=pack,source=/corpus-embed.tgz,target=/corpus-embed.tgz npm install --global --offline /corpus-embed.tgz
USER node
WORKDIR /work
ENTRYPOINT ["embed"]
