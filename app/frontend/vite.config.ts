import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

declare const process: { env: Record<string, string | undefined> };

export default defineConfig({
  plugins: [svelte()],
  // `make app-dev` says where the two processes listen; in production the proxy in front does this.
  server: {
    host: "127.0.0.1",
    strictPort: true,
    proxy: {
      "/api": { target: process.env["CONSOLE_API"], xfwd: true },
      "/socket.io": { target: process.env["CONSOLE_REALTIME"], xfwd: true, ws: true },
    },
  },
  build: {
    target: "es2023",
    assetsInlineLimit: 0, // the content security policy allows no data: scripts or styles
    modulePreload: { polyfill: false },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
