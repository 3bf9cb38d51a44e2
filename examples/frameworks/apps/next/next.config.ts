import { fileURLToPath } from "node:url";
import type { NextConfig } from "next";

export default {
  distDir: "build",
  reactStrictMode: true,
  // The files to copy lie beside the apps.
  turbopack: { root: fileURLToPath(new URL("../..", import.meta.url)) },
} satisfies NextConfig;
