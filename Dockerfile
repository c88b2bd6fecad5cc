# One image for every process of Latchkey: the authorization server, the resource API, the worker, migrations and
# the command line. It carries compiled code and what that needs at run time: no TypeScript, no embedded Postgres.

FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-save --include=dev
COPY . .
RUN npm run build

# Optional packages are binaries for development (Postgres, esbuild). bcrypt brings its own, without a script.
FROM node:22-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-save --omit=dev --omit=optional --ignore-scripts

FROM node:22-slim
WORKDIR /app
ENV NODE_ENV=production \
    NODE_OPTIONS=--enable-source-maps \
    HOST=0.0.0.0 \
    DATA_DIR=/var/lib/latchkey
RUN install -d -o node -g node -m 0700 /var/lib/latchkey
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
USER node
VOLUME /var/lib/latchkey
EXPOSE 3000 4000

# The others: dist/resource-api/main.js, dist/scripts/worker.js, dist/scripts/migrate.js, dist/scripts/cli.js
CMD ["node", "dist/auth-server/main.js"]
