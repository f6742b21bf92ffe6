# One image for all services; the argument says which: docker run node-micro master/main.mjs
# The Node that package.json pins.
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /node-micro
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run bundle

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production HOME=/tmp MICRO_DATA=/data MICRO_LOG_FORMAT=json
# A volume that is mounted here for the first time takes over its owner.
RUN install --directory --owner=65532 --group=65532 /data
WORKDIR /node-micro
COPY --from=build /node-micro/dist/bundle ./
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["node"]
CMD ["master/main.mjs"]
