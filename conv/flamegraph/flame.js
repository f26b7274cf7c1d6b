/*
 * Draws the flame graph and answers to mouse and keys, in a page and in an SVG
 * alike.
 *
 * The tree is a handful of arrays by node, in preorder: those below a node come
 * right behind it, up to its end. So a subtree is skipped by one jump, and what
 * is drawn costs as much as there is to be seen, not as there is in the file.
 * Where a frame begins and how wide it is never changes: zooming only changes
 * which part of the whole width is in view.
 */
(function () {
"use strict";

const ROW = 20;			// height of a frame, with its gap
const NARROW = 0.7;		// pixels that a frame needs to be drawn
const LETTERS_FROM = 26;	// pixels that a frame needs for a name
const FONT = "12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const ZOOM_MS = 160;
const N_SHADES = 16;

const $ = (name) => document.getElementById("flame-" + name);
const page = document.getElementById("flame");
const canvas = $("chart"), pen = canvas.getContext("2d");
const scroll = $("scroll"), space = $("space");

/* ---- the tree ---- */

const DIGITS =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const digitOf = new Uint8Array(128);
for (let i = 0; i < DIGITS.length; i++)
	digitOf[DIGITS.charCodeAt(i)] = i;

/* Numbers out of text, five bits for each letter, the lowest first. */
function numberReader(text) {
	let at = 0;
	const read = () => {
		let value = 0, unit = 1, digit;
		do {
			digit = digitOf[text.charCodeAt(at++)];
			value += (digit & 31) * unit;
			unit *= 32;
		} while (digit & 32);
		return value;
	};
	read.isAtEnd = () => at >= text.length;
	return read;
}

/* An array that grows by half when it is full. */
function growing(Type, n) {
	return { items: new Type(n), set(i, value) {
		if (i >= this.items.length) {
			const bigger = new Type(Math.ceil(i * 1.5) + 16);
			bigger.set(this.items);
			this.items = bigger;
		}
		this.items[i] = value;
	} };
}

function readTree(data) {
	const read = numberReader(data.nodes);
	const guess = data.nodes.length >> 2;
	const parent = growing(Int32Array, guess);
	const key = growing(Int32Array, guess);
	const self = [growing(Float64Array, guess), growing(Float64Array, guess)];
	let n = 0;

	for (let above = -1; !read.isAtEnd(); above = n++) {
		const first = read();
		for (let up = Math.floor(first / 2); up > 0; up--)
			above = parent.items[above];
		parent.set(n, above);
		key.set(n, read());
		self[0].set(n, first % 2 ? read() : 0);
		self[1].set(n, first % 2 && data.isDiff ? read() : 0);
	}
	return completeTree({
		n, parent: parent.items, key: key.items,
		self: self.map((side) => side.items),
	});
}

/* What follows from parents and selves: totals, ends, depths, places. */
function completeTree(tree) {
	const { n, parent } = tree;
	const end = new Int32Array(n), depth = new Int32Array(n);

	tree.total = tree.self.map((self) => self.slice(0, n));
	tree.start = tree.self.map(() => new Float64Array(n));
	tree.maxDepth = 0;
	for (let i = n - 1; i >= 0; i--) {
		const above = parent[i];
		end[i] = Math.max(end[i], i + 1);
		if (above < 0)
			continue;
		end[above] = Math.max(end[above], end[i]);
		for (const total of tree.total)
			total[above] += total[i];
	}
	for (let side = 0; side < 2; side++) {
		const start = tree.start[side], total = tree.total[side];
		const next = new Float64Array(n);
		for (let i = 1; i < n; i++) {
			const above = parent[i];
			start[i] = next[i] = next[above];
			next[above] += total[i];
		}
	}
	for (let i = 1; i < n; i++) {
		depth[i] = depth[parent[i]] + 1;
		tree.maxDepth = Math.max(tree.maxDepth, depth[i]);
	}
	return Object.assign(tree, { end, depth });
}

const data = JSON.parse($("data").textContent);
const tree = readTree(data);
const { parent, key: keys, end, depth } = tree;
const kindOf = Array.from(data.kinds, (c) => digitOf[c.charCodeAt(0)] >> 1);
const isInlined = Array.from(data.kinds, (c) => digitOf[c.charCodeAt(0)] & 1);
const shadeOf = Array.from(data.shades, (c) => digitOf[c.charCodeAt(0)]);
const isWide = data.names.map((name) => /[^\x20-\x7e]/.test(name));
const nameOf = (i) => data.names[keys[i]];

/* ---- state ---- */

let side = 0;			// widths: 0 of this profile, 1 of the baseline
let zoomed = 0;			// the frame that fills the width
let selected = 0;		// the one that the keys are at
let hovered = -1;
let view = { from: 0, to: 1 };	// what is seen of the whole width
let isIcicle = data.isIcicle;
let isDark = matchMedia("(prefers-color-scheme: dark)").matches;
let matches = null;		// by key: whether its name is searched for
let rows = [];			// the frames that are drawn, by depth, by place
let width = 0, height = 0, letter = 7;
let animation = 0, pending = 0;

const totalOf = (i) => tree.total[side][i];
const startOf = (i) => tree.start[side][i];

/* ---- colours ---- */

const hsl = (h, s, l) => `hsl(${h.toFixed(1)} ${s}% ${l.toFixed(1)}%)`;
let palette = [];		// by key: its colour

/* The same colours, where it is light, are those of the static picture. */
function colourOf(kind, inlined, shade) {
	const [, hue, span, saturation] = data.colours[kind];
	const turn = hue + span * shade / (N_SHADES - 1);
	const step = 5 * (shade % 3 - 1);

	if (isDark)
		return hsl(turn, saturation * 0.62, (inlined ? 25 : 34) + step * 0.6);
	return hsl(turn, saturation, (inlined ? 82 : 70) + step);
}

const difference = (i) => tree.total[0][i] * data.factors[0] -
	tree.total[1][i] * data.factors[1];
let largest = 0;
if (data.isDiff)
	for (let i = 1; i < tree.n; i++)
		largest = Math.max(largest, Math.abs(difference(i)));

/* Red grew, blue shrank; the square root lets small changes be seen. */
function colourOfDifference(change) {
	const part = largest > 0 ? Math.min(1, Math.sqrt(Math.abs(change) / largest)) : 0;
	const hue = change > 0 ? 6 : 214;

	return isDark ? hsl(hue, 10 + 60 * part, 26 + 14 * part)
		: hsl(hue, 85, 93 - 30 * part);
}

function makePalette() {
	palette = data.names.map((_, key) =>
		colourOf(kindOf[key], isInlined[key], shadeOf[key]));
}

const fillOf = (i) => matches && matches[keys[i]]
	? (isDark ? "#b52fc4" : "#ee82ee")
	: data.isDiff ? colourOfDifference(difference(i)) : palette[keys[i]];

/* ---- drawing ---- */

const rowTop = (level) => (isIcicle ? level : tree.maxDepth - level) * ROW;

/* Where the rows begin: flames stand on the ground of a taller window. */
const topGap = () => isIcicle ? 0
	: Math.max(0, height - (tree.maxDepth + 1) * ROW);

function schedule() {
	if (!pending)
		pending = requestAnimationFrame(() => {
			pending = 0;
			draw();
		});
}

/* As much of the name as there is room for. */
function drawName(i, x, y, room) {
	const name = nameOf(i);
	const n = Math.floor((room - 8) / letter);

	if (n < 2)
		return;
	const text = name.length <= n ? name : name.slice(0, n - 1) + "\u2026";
	if (isWide[keys[i]])
		pen.fillText(text, x + 4, y + ROW / 2, room - 8);
	else
		pen.fillText(text, x + 4, y + ROW / 2);
}

function drawFrame(i, x, y, w) {
	const isAbove = depth[i] < depth[zoomed];

	pen.globalAlpha = isAbove ? 0.55
		: matches && !matches[keys[i]] ? 0.4 : 1;
	pen.fillStyle = fillOf(i);
	const gap = w > 3 ? 1 : w > 1.5 ? 0.5 : 0;
	if (w > 8) {
		pen.beginPath();
		pen.roundRect(x, y, w - gap, ROW - 1, 2);
		pen.fill();
	} else {
		pen.fillRect(x, y, w - gap, ROW - 1);
	}
	pen.globalAlpha = 1;
	if (isInlined[keys[i]] && w > 5) {
		// A dashed line where it was melted into its caller.
		pen.strokeStyle = isDark ? "#ffffff90" : "#00000080";
		pen.setLineDash([3, 3]);
		pen.beginPath();
		const edge = isIcicle ? y + 0.5 : y + ROW - 1.5;
		pen.moveTo(x + 2, edge);
		pen.lineTo(x + w - gap - 2, edge);
		pen.stroke();
		pen.setLineDash([]);
	}
	if (w >= LETTERS_FROM) {
		pen.fillStyle = isDark ? "#f4f5f7" : "#17191c";
		drawName(i, x, y, w - gap);
	}
}

function outline(i, style) {
	const [x, w] = placeOf(i);
	const y = rowTop(depth[i]) + topGap() - scroll.scrollTop;

	if (w <= 0 || x > width || x + w < 0)
		return;
	pen.strokeStyle = style;
	pen.lineWidth = 2;
	pen.strokeRect(Math.max(x, 0) + 1, y + 1,
		Math.max(Math.min(x + w, width) - Math.max(x, 0) - 2, 1), ROW - 3);
	pen.lineWidth = 1;
}

/* Left edge and width of a frame, in pixels. */
function placeOf(i) {
	const whole = totalOf(0) || 1, scale = width / (view.to - view.from);

	return [(startOf(i) / whole - view.from) * scale,
		totalOf(i) / whole * scale];
}

/* Frames that are too narrow, side by side, become a grey block. */
function dustCollector(top) {
	const runs = [];

	return {
		add(level, x, w) {
			const run = runs[level];
			if (run && x - run[1] < 0.5) {
				run[1] = x + w;
				return;
			}
			this.flush(level);
			runs[level] = [x, x + w];
		},
		flush(level) {
			const run = runs[level];
			if (run && run[1] - run[0] > 0.3) {
				pen.fillStyle = isDark ? "#3b424c" : "#d5dae0";
				pen.fillRect(run[0], rowTop(level) + top,
					run[1] - run[0], ROW - 1);
			}
		},
		end() {
			runs.forEach((_, level) => this.flush(level));
		},
	};
}

function draw() {
	const top = topGap() - scroll.scrollTop;
	const dust = dustCollector(top);
	const whole = totalOf(0) || 1, scale = width / (view.to - view.from);
	const start = tree.start[side], total = tree.total[side];

	rows = Array.from({ length: tree.maxDepth + 1 }, () => []);
	pen.clearRect(0, 0, width, height);
	pen.font = FONT;
	pen.textBaseline = "middle";
	for (let i = 0; i < tree.n;) {
		const x = (start[i] / whole - view.from) * scale;
		const w = total[i] / whole * scale;
		const y = rowTop(depth[i]) + top;

		if (w <= 0 || x >= width || x + w <= 0) {
			i = end[i];
			continue;
		}
		const isSeen = y > -ROW && y < height;
		if (w < NARROW) {
			if (isSeen)
				dust.add(depth[i], x, w);
			i = end[i];
			continue;
		}
		rows[depth[i]].push(i);
		if (isSeen) {
			const left = Math.max(x, 0);
			drawFrame(i, left, y, Math.min(x + w, width) - left);
		}
		i++;
	}
	dust.end();
	if (hovered >= 0)
		outline(hovered, isDark ? "#ffffff" : "#000000");
	if (document.activeElement === canvas)
		outline(selected, isDark ? "#8ab4f8" : "#0b57d0");
}

function resize() {
	const ratio = window.devicePixelRatio || 1;

	width = scroll.clientWidth;
	height = scroll.clientHeight;
	space.style.height = Math.max(height, (tree.maxDepth + 1) * ROW) + "px";
	canvas.style.height = height + "px";
	canvas.width = Math.round(width * ratio);
	canvas.height = Math.round(height * ratio);
	pen.setTransform(ratio, 0, 0, ratio, 0, 0);
	pen.font = FONT;
	letter = pen.measureText("m".repeat(50)).width / 50;
	draw();
}

/* ---- zooming ---- */

function viewOf(i) {
	const whole = totalOf(0) || 1, from = startOf(i) / whole;

	return { from, to: from + (totalOf(i) / whole || 1) };
}

function moveView(target) {
	const source = view, started = performance.now();
	const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;

	cancelAnimationFrame(animation);
	const step = (now) => {
		const part = isStill ? 1 : Math.min(1, Math.max(0, now - started) / ZOOM_MS);
		const eased = 1 - (1 - part) ** 3;
		view = part >= 1 ? target : {
			from: source.from + (target.from - source.from) * eased,
			to: source.to + (target.to - source.to) * eased,
		};
		draw();
		if (part < 1)
			animation = requestAnimationFrame(step);
	};
	step(started);
}

function zoom(i) {
	if (totalOf(i) <= 0)
		return;
	zoomed = selected = i;
	moveView(viewOf(i));
	reveal(i);
	showMatched();
	say(i);
}

/* Scrolls so that a frame's row is in view. */
function reveal(i) {
	const y = rowTop(depth[i]) + topGap();

	if (y < scroll.scrollTop)
		scroll.scrollTop = y - ROW;
	else if (y + ROW > scroll.scrollTop + height)
		scroll.scrollTop = y + 2 * ROW - height;
}

const scrollToRoot = () => {
	scroll.scrollTop = isIcicle ? 0 : scroll.scrollHeight;
};

/* ---- searching ---- */

function search(text) {
	const input = $("search");
	let pattern = null;

	try {
		pattern = text ? new RegExp(text, /[A-Z]/.test(text) ? "" : "i") : null;
		input.removeAttribute("aria-invalid");
	} catch (error) {
		input.setAttribute("aria-invalid", "true");
		matches = null;
		$("matched").textContent = "not a regular expression";
		schedule();
		return;
	}
	matches = pattern && data.names.map((name) => pattern.test(name));
	showMatched();
	schedule();
}

/* What matches weigh below a frame, each sample counted once. */
function weightMatched(top) {
	let sum = 0, n = 0;

	for (let i = top; i < end[top];) {
		if (matches[keys[i]] && totalOf(i) > 0) {
			sum += totalOf(i);
			n++;
			i = end[i];
		} else {
			i++;
		}
	}
	return [sum, n];
}

function showMatched() {
	const out = $("matched");

	if (!matches) {
		out.textContent = "";
		return;
	}
	const whole = percent(weightMatched(0)[0], totalOf(0)) + " matched";
	out.textContent = zoomed === 0 ? whole : whole + ", " +
		percent(weightMatched(zoomed)[0], totalOf(zoomed)) + " here";
}

/* To the next drawn match after the selected frame, or the one before. */
function nextMatch(step) {
	const seen = rows.flat().sort((a, b) => a - b)
		.filter((i) => matches && matches[keys[i]] && i >= zoomed &&
			i < end[zoomed]);
	if (!seen.length)
		return;
	const after = seen.findIndex((i) => i > selected);
	const at = step > 0 ? (after < 0 ? 0 : after)
		: seen.findLastIndex((i) => i < selected);
	select(seen.at(at));
}

/* ---- telling ---- */

const percent = (part, whole) =>
	(whole > 0 ? 100 * part / whole : 0).toFixed(2) + "%";

function amount(value) {
	const sign = value < 0 ? "\u2212" : "", size = Math.abs(value);

	if (data.unit === "nanoseconds") {
		const [unit, scale] = size >= 1e9 ? ["s", 1e9]
			: size >= 1e6 ? ["ms", 1e6] : ["\u00b5s", 1e3];
		return sign + (size / scale).toFixed(2) + " " + unit;
	}
	if (data.unit === "bytes" && size >= 1024) {
		const step = Math.min(4, Math.floor(Math.log2(size) / 10));
		return sign + (size / 1024 ** step).toFixed(2) + " " +
			["", "KiB", "MiB", "GiB", "TiB"][step];
	}
	return sign + Math.round(size).toLocaleString("en") +
		(data.type === "samples" ? " samples" : "");
}

function shareOf(i) {
	const text = amount(totalOf(i)) + ", " + percent(totalOf(i), totalOf(0));

	return zoomed === 0 || i < zoomed || i >= end[zoomed] ? text
		: text + " (" + percent(totalOf(i), totalOf(zoomed)) + " here)";
}

function changeOf(i) {
	const [now, base] = tree.total.map((total) => total[i]);
	const change = difference(i);

	return "now " + amount(now) + " (" + percent(now, tree.total[0][0]) +
		"), baseline " + amount(base) + " (" +
		percent(base, tree.total[1][0]) + "), " +
		(change > 0 ? "+" : "") + amount(change);
}

function kindText(i) {
	const kind = data.colours[kindOf[keys[i]]][0];
	const texts = { root: "", thread: "thread", user: "", kernel: "kernel",
		generated: "generated code", raw: "without a name",
		unmapped: "nothing was mapped there" };

	return [texts[kind], isInlined[keys[i]] ? "inlined" : ""]
		.filter((text) => text).join(", ");
}

const selfText = (i) => tree.self[side][i] > 0
	? "self " + amount(tree.self[side][i]) + ", " +
		percent(tree.self[side][i], totalOf(0)) : "";

function linesOf(i) {
	return [data.isDiff ? changeOf(i) : shareOf(i), selfText(i), kindText(i)]
		.filter((text) => text);
}

function element(name, text, className) {
	const node = document.createElementNS("http://www.w3.org/1999/xhtml", name);

	node.textContent = text;
	if (className)
		node.className = className;
	return node;
}

function say(i) {
	$("status").replaceChildren(element("b", nameOf(i)),
		element("span", " \u2014 " + linesOf(i).join(" \u00b7 ")));
}

function showTip(i, x, y) {
	const tip = $("tip");

	tip.hidden = i < 0;
	if (i < 0)
		return;
	tip.replaceChildren(element("b", nameOf(i)), ...linesOf(i).map((line, n) =>
		element("span", line, n ? "quiet" : "")));
	const box = tip.getBoundingClientRect();
	const right = x + 14 + box.width > window.innerWidth;
	const below = y + 18 + box.height > window.innerHeight;
	tip.style.left = Math.max(4, right ? window.innerWidth - box.width - 6 : x + 14) + "px";
	tip.style.top = Math.max(4, below ? y - box.height - 10 : y + 18) + "px";
}

/* ---- mouse ---- */

/* The drawn frame at a place of the canvas, or -1. */
function frameAt(x, y) {
	const line = Math.floor((y + scroll.scrollTop - topGap()) / ROW);
	const row = rows[isIcicle ? line : tree.maxDepth - line] || [];
	let low = 0, high = row.length;

	while (low < high) {
		const middle = (low + high) >> 1;
		if (placeOf(row[middle])[0] <= x)
			low = middle + 1;
		else
			high = middle;
	}
	if (low === 0)
		return -1;
	const [left, wide] = placeOf(row[low - 1]);
	return x < left + wide ? row[low - 1] : -1;
}

function frameUnder(event) {
	const box = canvas.getBoundingClientRect();

	return frameAt(event.clientX - box.left, event.clientY - box.top);
}

canvas.addEventListener("pointermove", (event) => {
	const i = frameUnder(event);

	if (event.pointerType === "touch")
		return;
	showTip(i, event.clientX, event.clientY);
	if (i !== hovered) {
		hovered = i;
		if (i >= 0)
			say(i);
		schedule();
	}
});
canvas.addEventListener("pointerleave", () => {
	hovered = -1;
	showTip(-1);
	say(selected);
	schedule();
});
canvas.addEventListener("click", (event) => {
	const i = frameUnder(event);

	if (i >= 0)
		zoom(i);
});
scroll.addEventListener("scroll", () => {
	showTip(-1);
	schedule();
});

/* ---- keys ---- */

function select(i) {
	if (i === undefined || i < 0)
		return;
	selected = i;
	reveal(i);
	say(i);
	schedule();
}

/* The widest frame that is called from the selected one. */
function widestChild(i) {
	let best = -1;

	for (let child = i + 1; child < end[i]; child = end[child])
		if (totalOf(child) > 0 && (best < 0 || totalOf(child) > totalOf(best)))
			best = child;
	return best;
}

function besideSelected(step) {
	const row = rows[depth[selected]] || [];
	const at = row.indexOf(selected);

	return at < 0 ? row[0] : row[at + step];
}

function reset() {
	$("search").value = "";
	search("");
	zoom(0);
	scrollToRoot();
}

/* First out of the search, then out of the zoom. */
function escape() {
	if (!$("veil").hidden)
		help(false);
	else if (document.activeElement === $("search") && $("search").value) {
		$("search").value = "";
		search("");
		canvas.focus();
	} else {
		reset();
		canvas.focus();
	}
}

const chartKeys = {
	ArrowUp: () => select(isIcicle ? parent[selected] : widestChild(selected)),
	ArrowDown: () => select(isIcicle ? widestChild(selected) : parent[selected]),
	ArrowLeft: () => select(besideSelected(-1)),
	ArrowRight: () => select(besideSelected(1)),
	Home: () => select(0),
	Enter: () => zoom(selected),
	" ": () => zoom(selected),
	Backspace: () => zoom(Math.max(0, parent[zoomed])),
};
const pageKeys = {
	"/": () => focusSearch(),
	"?": () => help(true),
	i: () => turn(),
	t: () => setTheme(!isDark),
	b: () => data.isDiff && setSide(1 - side),
	n: () => nextMatch(1),
	N: () => nextMatch(-1),
};

function focusSearch() {
	$("search").focus();
	$("search").select();
}

document.addEventListener("keydown", (event) => {
	const isTyping = document.activeElement === $("search");
	const isFind = (event.ctrlKey || event.metaKey) && event.key === "f";
	let action = null;

	if (isFind)
		action = focusSearch;
	else if (event.ctrlKey || event.metaKey || event.altKey)
		return;
	else if (event.key === "Escape")
		action = escape;
	else if (isTyping || !$("veil").hidden)
		return;
	else if (document.activeElement === canvas && chartKeys[event.key])
		action = chartKeys[event.key];
	else
		action = pageKeys[event.key];
	if (action) {
		event.preventDefault();
		action();
	}
});

/* Enter in the search goes to the first match. */
$("form").addEventListener("submit", (event) => {
	event.preventDefault();
	canvas.focus();
	nextMatch(1);
});
$("search").addEventListener("input", () => search($("search").value));
canvas.addEventListener("focus", schedule);
canvas.addEventListener("blur", schedule);

/* ---- buttons ---- */

function turn() {
	isIcicle = !isIcicle;
	showLayout();
	draw();
	scrollToRoot();
}

function showLayout() {
	$("layout").textContent = isIcicle ? "Flame" : "Icicle";
}

function setTheme(dark) {
	isDark = dark;
	page.dataset.theme = dark ? "dark" : "light";
	$("theme").textContent = dark ? "Light" : "Dark";
	makePalette();
	makeLegend();
	schedule();
}

/* In a comparison: widths of this profile, or of the baseline. */
function setSide(other) {
	side = other;
	$("side").textContent = side ? "Show now" : "Show baseline";
	if (totalOf(zoomed) <= 0)
		zoomed = selected = 0;
	view = viewOf(zoomed);
	summarize();
	showMatched();
	schedule();
}

function help(isOpen) {
	$("veil").hidden = !isOpen;
	(isOpen ? $("dialog") : canvas).focus();
}

function legendItem(text, colour, isDashed) {
	const item = element("li", ""), swatch = element("span", "", "swatch");

	swatch.style.background = colour;
	if (isDashed)
		swatch.style.borderBottom = "1px dashed currentColor";
	item.append(swatch, text);
	return item;
}

/* Only of what there is. */
function makeLegend() {
	const texts = { user: "function", kernel: "kernel",
		generated: "generated code", raw: "without a name",
		unmapped: "nothing mapped" };
	const items = [];

	if (data.isDiff) {
		items.push(legendItem("grew", colourOfDifference(largest)),
			legendItem("as before", colourOfDifference(0)),
			legendItem("shrank", colourOfDifference(-largest)));
	} else {
		data.colours.forEach(([name], kind) => {
			if (texts[name] && kindOf.includes(kind))
				items.push(legendItem(texts[name], colourOf(kind, 0, 7)));
		});
	}
	const inlined = isInlined.indexOf(1);
	if (inlined >= 0)
		items.push(legendItem("inlined", data.isDiff ? "transparent"
			: colourOf(kindOf[inlined], 1, 7), true));
	items.push(legendItem("match", isDark ? "#b52fc4" : "#ee82ee"));
	$("legend").replaceChildren(...items);
}

function summarize() {
	const what = data.type && data.type !== "samples" ? data.type + ": " : "";

	if (tree.total[0][0] <= 0 && tree.total[1][0] <= 0) {
		$("summary").textContent = "There are no samples.";
		return;
	}
	$("summary").textContent = what + amount(totalOf(0)) +
		(data.isDiff ? (side ? " in the baseline" : ", compared with " +
			amount(tree.total[1][0])) : "") +
		(data.isPerThread ? ", by thread" : "") +
		(data.others ? "; also: " + data.others + " (--type NAME)" : "");
}

$("reset").addEventListener("click", reset);
$("layout").addEventListener("click", turn);
$("theme").addEventListener("click", () => setTheme(!isDark));
$("side").addEventListener("click", () => setSide(1 - side));
$("help").addEventListener("click", () => help(true));
$("close").addEventListener("click", () => help(false));
$("veil").addEventListener("click", (event) => {
	if (event.target === $("veil"))
		help(false);
});

/* ---- start ---- */

/* An SVG shows the page in place of its picture, in the whole window. */
function unfold() {
	const picture = $("picture"), svg = document.documentElement;

	if (picture) {
		picture.remove();
		svg.removeAttribute("viewBox");
		svg.setAttribute("width", "100%");
		svg.setAttribute("height", "100%");
		svg.setAttribute("role", "document");
	}
	page.hidden = false;
}

unfold();
$("title").textContent = data.title;
$("side").hidden = $("side-key").hidden = !data.isDiff;
showLayout();
summarize();
setTheme(isDark);
setSide(0);
matchMedia("(prefers-color-scheme: dark)")
	.addEventListener("change", (event) => setTheme(event.matches));
new ResizeObserver(resize).observe(scroll);
resize();
scrollToRoot();
say(0);

/* For scripts, and the tests: what there is and where it stands. */
window.flame = {
	tree, data, zoom, frameAt,
	find: (name) => Array.from({ length: tree.n }, (_, i) => i)
		.filter((i) => nameOf(i) === name),
	place: (i) => [...placeOf(i), rowTop(depth[i]) + topGap() - scroll.scrollTop],
	state: () => ({ zoomed, selected, isIcicle, isDark, side,
		drawn: rows.reduce((n, row) => n + row.length, 0) }),
};
page.dataset.ready = "true";
})();
