// What speedscope makes of a file: run by its own importer, out of the bundle
// of the npm package, which is started up to where it would draw.
//
//	node speedscope_import.js NODE_MODULES FILE
//
// Prints a JSON list of its profiles: name, unit, total weight, and of each
// frame, as name and file, what it weighs itself and with what it calls.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const [folder, file] = process.argv.slice(2);

// Whatever is asked of it is there and does nothing.
const anything = new Proxy(function () {}, {
	get: (target, key) => (key === Symbol.toPrimitive ? () => "" : anything),
	apply: () => anything,
	construct: () => anything,
	set: () => true,
});

function loadImporter() {
	const release = path.join(folder, "speedscope", "dist", "release");
	const name = fs.readdirSync(release).find((n) => /^speedscope-.*\.js$/.test(n));
	const code = fs.readFileSync(path.join(release, name), "utf8");
	const importer = /Importing as speedscope json file"\),(\w+)\(/.exec(code)[1];
	const end = code.lastIndexOf("console.log(`speedscope v");
	const context = {
		console, TextDecoder, TextEncoder, URL, setTimeout, performance,
		window: anything, document: anything, navigator: anything,
		localStorage: anything, location: anything, matchMedia: anything,
		addEventListener: anything, requestAnimationFrame: anything,
	};
	context.self = context;
	vm.createContext(context);
	vm.runInContext(code.slice(0, end) + `globalThis.run=${importer};})();`, context);
	return context.run;
}

function describe(profile) {
	const frames = [];
	profile.forEachFrame((frame) => frames.push([
		frame.name, frame.file || null, frame.getSelfWeight(), frame.getTotalWeight(),
	]));
	return {
		name: profile.getName(),
		unit: profile.getWeightUnit(),
		total: profile.getTotalWeight(),
		frames: frames,
	};
}

const group = loadImporter()(JSON.parse(fs.readFileSync(file, "utf8")));
console.log(JSON.stringify({
	name: group.name,
	shown: group.indexToView,
	profiles: group.profiles.map(describe),
}));
