// The engines of node: the same orders and answers as worker.py, one line of JSON each.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");

const json = (folder, name) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"));

// An engine is a function from a case (a folder) to a function that gives one document.
const ENGINES = {
  docxtemplater(folder) {
    const PizZip = require("pizzip");
    const Docxtemplater = require("docxtemplater");
    const template = fs.readFileSync(path.join(folder, "mustache.docx"));
    const data = json(folder, "joined.json");
    const options = { paragraphLoop: true, linebreaks: true, nullGetter: () => "" };
    return async () => {
      const document = new Docxtemplater(new PizZip(template), options);
      document.render(data);
      return document.getZip().generate({ type: "nodebuffer", compression: "DEFLATE" });
    };
  },
  "easy-template-x"(folder) {
    const { TemplateHandler } = require("easy-template-x");
    const template = fs.readFileSync(path.join(folder, "mustache.docx"));
    const data = json(folder, "joined.json");
    const handler = new TemplateHandler();
    return () => handler.process(template, data);
  },
  carbone(folder) {
    const carbone = require("carbone");
    const template = path.join(folder, "carbone.docx");
    const data = json(folder, "context.json");
    return () =>
      new Promise((done, failed) => carbone.render(template, data, (error, out) => (error ? failed(error) : done(out))));
  },
};
const MODULES = { docxtemplater: ["docxtemplater", "pizzip"], "easy-template-x": ["easy-template-x"], carbone: ["carbone"] };

// Seconds; the processor's include node's helper threads.
const CLOCKS = {
  cpu: () => Object.values(process.cpuUsage()).reduce((a, b) => a + b) / 1e6,
  wall: () => Number(process.hrtime.bigint()) / 1e9,
};

const resident = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) / 1024;

async function memory(engine, folder, times) {
  MODULES[engine].forEach((name) => require(name));
  const imports = resident("VmHWM");
  const render = ENGINES[engine](folder);
  const loading = resident("VmHWM");
  fs.writeFileSync("/proc/self/clear_refs", "5");
  const ready = resident("VmRSS");
  for (let i = 0; i < Number(times); i++) await render();
  return { imports, loading, ready, rendering: resident("VmHWM") };
}

async function answer(order, ready) {
  if (order.do === "forget") return ready.clear() ?? null;
  const key = `${order.engine} ${order.case}`;
  if (!ready.has(key)) ready.set(key, ENGINES[order.engine](order.case));
  const render = ready.get(key);
  if (order.do === "write") {
    fs.writeFileSync(order.to, await render());
    return null;
  }
  const clock = CLOCKS[order.clock];
  const started = clock();
  for (let i = 0; i < order.times; i++) await render();
  return clock() - started;
}

async function main() {
  const ready = new Map();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let out;
    try {
      out = { value: await answer(JSON.parse(line), ready) };
    } catch (error) {
      out = { error: String(error).slice(0, 300) };
    }
    process.stdout.write(JSON.stringify(out) + "\n");
  }
  process.exit(0);
}

if (process.argv[2] === "memory") {
  memory(...process.argv.slice(3)).then((out) => {
    console.log(JSON.stringify(out));
    process.exit(0);
  });
} else main();
