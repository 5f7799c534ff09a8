"use strict";
/*
 * Pairs of a picture point and a floor point, marked by hand.
 *
 * Picture points are px, (0, 0) the top-left corner of the picture; floor points are metres, y up.
 * The homography here only helps the eye: floorfuse calibrate fit does the fitting.
 */
const data = JSON.parse(document.getElementById("data").textContent);
const element = id => document.getElementById(id);

/* ---- what is marked ---- */

/* px and m are {x, y} or null; z is metres above the floor. */
let pairs = (data.points || []).map(p => ({ px: { x: p[0], y: p[1] }, m: { x: p[2], y: p[3] }, z: p[4], name: p[5] }));
let chosen = -1;
const past = [];

function remember() {
    past.push(JSON.stringify(pairs));
    if (past.length > 200)
        past.shift();
}

function undo() {
    if (!past.length)
        return;
    pairs = JSON.parse(past.pop());
    chosen = Math.min(chosen, pairs.length - 1);
    refresh();
}

/* A click fills the pair that waits for this side, or begins a new one. */
function mark(side, at) {
    remember();
    let i = pairs.findIndex(p => !p[side] && (side === "px" ? p.m : p.px));
    if (i < 0) {
        pairs.push({ px: null, m: null, z: 0, name: "" });
        i = pairs.length - 1;
    }
    pairs[i][side] = at;
    chosen = i;
    refresh();
}

function remove(i) {
    remember();
    pairs.splice(i, 1);
    chosen = Math.min(chosen, pairs.length - 1);
    refresh();
}

/* ---- the homography: normalised direct linear transformation (Hartley & Zisserman, 4.2) ---- */

function normalisation(points) {
    const n = points.length;
    const cx = points.reduce((s, p) => s + p.x, 0) / n, cy = points.reduce((s, p) => s + p.y, 0) / n;
    const size = points.reduce((s, p) => s + Math.hypot(p.x - cx, p.y - cy), 0) / n || 1;
    return { cx, cy, scale: Math.SQRT2 / size };
}

/* Solve a x = b; null when a is singular. */
function solve(a, b) {
    const n = b.length;
    for (let c = 0; c < n; c++) {
        let pivot = c;
        for (let r = c + 1; r < n; r++)
            if (Math.abs(a[r][c]) > Math.abs(a[pivot][c]))
                pivot = r;
        if (Math.abs(a[pivot][c]) < 1e-10)
            return null;
        [a[c], a[pivot]] = [a[pivot], a[c]];
        [b[c], b[pivot]] = [b[pivot], b[c]];
        for (let r = 0; r < n; r++) {
            const f = r === c ? 0 : a[r][c] / a[c][c];
            for (let k = c; f && k < n; k++)
                a[r][k] -= f * a[c][k];
            b[r] -= f * b[c];
        }
    }
    return b.map((v, i) => v / a[i][i]);
}

const multiply = (a, b) => [0, 1, 2].flatMap(r => [0, 1, 2].map(c =>
    a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c]));

function invert(m) {
    const [a, b, c, d, e, f, g, h, i] = m;
    const A = e * i - f * h, B = f * g - d * i, C = d * h - e * g, det = a * A + b * B + c * C;
    return [A, c * h - b * i, b * f - c * e, B, a * i - c * g, c * d - a * f, C, b * g - a * h, a * e - b * d]
        .map(v => v / det);
}

/* Where the map puts a point, and the sign that says on which side of the horizon it is. */
function apply(m, p) {
    const w = m[6] * p.x + m[7] * p.y + m[8];
    return { x: (m[0] * p.x + m[1] * p.y + m[2]) / w, y: (m[3] * p.x + m[4] * p.y + m[5]) / w, w };
}

/* Floor from picture, of the pairs on the floor; null with fewer than 4 or when they lie on a line. */
function fitHomography(list) {
    if (list.length < 4)
        return null;
    const from = normalisation(list.map(p => p.px)), to = normalisation(list.map(p => p.m));
    const ata = Array.from({ length: 8 }, () => new Array(8).fill(0)), atb = new Array(8).fill(0);
    for (const p of list) {
        const u = (p.px.x - from.cx) * from.scale, v = (p.px.y - from.cy) * from.scale;
        const x = (p.m.x - to.cx) * to.scale, y = (p.m.y - to.cy) * to.scale;
        for (const [row, value] of [[[u, v, 1, 0, 0, 0, -u * x, -v * x], x], [[0, 0, 0, u, v, 1, -u * y, -v * y], y]])
            for (let i = 0; i < 8; i++) {
                atb[i] += row[i] * value;
                for (let j = 0; j < 8; j++)
                    ata[i][j] += row[i] * row[j];
            }
    }
    const h = solve(ata, atb);
    if (!h)
        return null;
    const back = [1 / to.scale, 0, to.cx, 0, 1 / to.scale, to.cy, 0, 0, 1];
    const forth = [from.scale, 0, -from.cx * from.scale, 0, from.scale, -from.cy * from.scale, 0, 0, 1];
    const m = multiply(multiply(back, [...h, 1]), forth);
    /* Positive w below the horizon, where the marks are. */
    const sign = apply(m, list[0].px).w < 0 ? -1 : 1;
    return m.map(v => sign * v);
}

const isWhole = p => p.px && p.m;
const isOnFloor = p => isWhole(p) && !p.z;
let floorFromPicture = null;

/* How far a floor pair is from where the picture puts it, cm; null where that is not known. */
function errorCm(p) {
    if (!floorFromPicture || !isOnFloor(p))
        return null;
    const at = apply(floorFromPicture, p.px);
    return 100 * Math.hypot(at.x - p.m.x, at.y - p.m.y);
}

const grade = cm => (cm <= 10 ? "good" : cm <= 30 ? "fair" : "bad");

/* ---- the two views ---- */

const colours = { good: "#18a05c", fair: "#d98200", bad: "#e0342b", none: "#1f6fe0" };

/* A canvas that shows an image, or paper of the same size, at any zoom. */
class View {
    constructor(id, image, width, height, side) {
        this.canvas = element(id);
        this.context = this.canvas.getContext("2d");
        this.image = image;
        this.width = width;
        this.height = height;
        this.side = side;
        this.pointers = new Map();
        this.scale = 0;
        this.canvas.addEventListener("wheel", e => this.onWheel(e), { passive: false });
        this.canvas.addEventListener("pointerdown", e => this.onDown(e));
        this.canvas.addEventListener("pointermove", e => this.onMove(e));
        this.canvas.addEventListener("pointerup", e => this.onUp(e));
        this.canvas.addEventListener("pointercancel", e => this.pointers.delete(e.pointerId));
        this.canvas.addEventListener("pointerleave", () => this.onLeave());
        this.canvas.addEventListener("keydown", e => this.onKey(e));
        new ResizeObserver(() => this.resize()).observe(this.canvas);
    }

    resize() {
        const ratio = devicePixelRatio || 1, box = this.canvas.getBoundingClientRect();
        this.canvas.width = Math.round(box.width * ratio);
        this.canvas.height = Math.round(box.height * ratio);
        this.ratio = ratio;
        if (!this.scale) {
            this.scale = Math.min(box.width / this.width, box.height / this.height);
            this.least = this.scale / 2;
            this.x = (box.width - this.width * this.scale) / 2;
            this.y = (box.height - this.height * this.scale) / 2;
        }
        this.draw();
    }

    /* Between screen (css px in the canvas), image px, and what is marked. */
    toScreen(p) { return { x: this.x + p.x * this.scale, y: this.y + p.y * this.scale }; }
    toImage(s) { return { x: (s.x - this.x) / this.scale, y: (s.y - this.y) / this.scale }; }
    ofMark(p) { return p; }
    toMark(p) { return p; }
    markToScreen(p) { return this.toScreen(this.ofMark(p)); }

    at(e) {
        const box = this.canvas.getBoundingClientRect();
        return { x: e.clientX - box.left, y: e.clientY - box.top };
    }

    zoom(at, factor) {
        const before = this.toImage(at);
        this.scale = Math.min(Math.max(this.scale * factor, this.least), 60);
        this.x = at.x - before.x * this.scale;
        this.y = at.y - before.y * this.scale;
    }

    onWheel(e) {
        e.preventDefault();
        this.zoom(this.at(e), Math.exp(-e.deltaY * (e.ctrlKey ? 0.01 : 0.0015)));
        this.draw();
    }

    nearest(at) {
        let best = -1, least = 14;
        pairs.forEach((p, i) => {
            if (!p[this.side])
                return;
            const s = this.markToScreen(p[this.side]), d = Math.hypot(s.x - at.x, s.y - at.y);
            if (d < least)
                [best, least] = [i, d];
        });
        return best;
    }

    onDown(e) {
        this.canvas.setPointerCapture(e.pointerId);
        const at = this.at(e);
        this.pointers.set(e.pointerId, at);
        this.start = at;
        this.moved = this.pointers.size > 1;
        this.dragged = this.pointers.size === 1 ? this.nearest(at) : -1;
        if (this.dragged >= 0) {
            remember();
            chosen = this.dragged;
            refresh();
        }
    }

    onMove(e) {
        const at = this.at(e), before = this.pointers.get(e.pointerId);
        this.hover(at);
        if (!before)
            return;
        if (Math.hypot(at.x - this.start.x, at.y - this.start.y) > 4)
            this.moved = true;
        if (this.pointers.size === 2) {
            const other = [...this.pointers].find(([id]) => id !== e.pointerId)[1];
            const was = Math.hypot(before.x - other.x, before.y - other.y);
            const is = Math.hypot(at.x - other.x, at.y - other.y);
            this.zoom(other, is / (was || 1));
        } else if (this.moved && this.dragged >= 0) {
            pairs[this.dragged][this.side] = this.toMark(this.toImage(at));
        } else if (this.moved) {
            this.x += at.x - before.x;
            this.y += at.y - before.y;
        }
        this.pointers.set(e.pointerId, at);
        if (this.moved)
            refresh();
    }

    onUp(e) {
        const at = this.at(e), known = this.pointers.delete(e.pointerId);
        if (known && this.dragged >= 0 && !this.moved)
            past.pop(); /* chosen only */
        if (known && !this.moved && this.dragged < 0 && this.contains(this.toImage(at)))
            mark(this.side, this.toMark(this.toImage(at)));
        this.dragged = -1;
    }

    contains(p) { return p.x >= 0 && p.y >= 0 && p.x <= this.width && p.y <= this.height; }
    onLeave() {}
    hover() {}

    onKey(e) {
        const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
        const pair = pairs[chosen];
        if (e.key === "Delete" && pair)
            remove(chosen);
        else if (step && pair && pair[this.side]) {
            remember();
            const p = this.ofMark(pair[this.side]), far = this.keyStep * (e.shiftKey ? 0.1 : 1);
            pair[this.side] = this.toMark({ x: p.x + step[0] * far, y: p.y + step[1] * far });
            refresh();
        } else if (e.key === "+" || e.key === "-")
            this.zoom({ x: this.canvas.clientWidth / 2, y: this.canvas.clientHeight / 2 }, e.key === "+" ? 1.25 : 0.8);
        else
            return;
        e.preventDefault();
        this.draw();
    }

    draw() {
        const c = this.context;
        c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
        c.clearRect(0, 0, this.canvas.width, this.canvas.height);
        const corner = this.toScreen({ x: 0, y: 0 });
        c.imageSmoothingEnabled = this.scale < 3;
        if (this.image)
            c.drawImage(this.image, corner.x, corner.y, this.width * this.scale, this.height * this.scale);
        else {
            c.fillStyle = "#ffffff";
            c.fillRect(corner.x, corner.y, this.width * this.scale, this.height * this.scale);
        }
        this.drawHelp(c);
        pairs.forEach((p, i) => p[this.side] && this.drawMark(c, i, p));
    }

    drawMark(c, i, pair) {
        const s = this.markToScreen(pair[this.side]), error = errorCm(pair), r = i === chosen ? 11 : 8;
        const colour = error === null ? colours.none : colours[grade(error)];
        for (const [width, style] of [[5, "#ffffff"], [2, colour]]) {
            c.lineWidth = width;
            c.strokeStyle = style;
            c.beginPath();
            c.moveTo(s.x - r, s.y); c.lineTo(s.x - 2, s.y); c.moveTo(s.x + 2, s.y); c.lineTo(s.x + r, s.y);
            c.moveTo(s.x, s.y - r); c.lineTo(s.x, s.y - 2); c.moveTo(s.x, s.y + 2); c.lineTo(s.x, s.y + r);
            c.stroke();
        }
        c.font = "700 12px system-ui, sans-serif";
        const words = String(i + 1), width = c.measureText(words).width + 10;
        c.fillStyle = colour;
        c.beginPath();
        c.roundRect(s.x + 7, s.y - 23, width, 17, 8);
        c.fill();
        c.fillStyle = "#ffffff";
        c.fillText(words, s.x + 12, s.y - 10);
    }

    /* A line through points, broken where one is null. */
    drawLine(c, points) {
        let open = false;
        c.beginPath();
        for (const p of points) {
            if (p)
                open ? c.lineTo(p.x, p.y) : c.moveTo(p.x, p.y);
            open = Boolean(p);
        }
        c.stroke();
    }

    drawHelp() {}
}

class StillView extends View {
    keyStep = 1;

    /* Where a floor point appears on the screen; null behind the camera. */
    floorToScreen(p) {
        const at = apply(this.inverse, p), back = apply(floorFromPicture, at);
        return back.w > 0 && Math.abs(at.x) < 1e5 && Math.abs(at.y) < 1e5 ? this.toScreen(at) : null;
    }

    /* Lines 1 m apart around the marked floor. */
    drawHelp(c) {
        const floor = pairs.filter(isOnFloor).map(p => p.m);
        if (!floorFromPicture || !floor.length)
            return;
        this.inverse = invert(floorFromPicture);
        const x0 = Math.floor(Math.min(...floor.map(p => p.x)) - 2), x1 = Math.ceil(Math.max(...floor.map(p => p.x)) + 2);
        const y0 = Math.floor(Math.min(...floor.map(p => p.y)) - 2), y1 = Math.ceil(Math.max(...floor.map(p => p.y)) + 2);
        const step = Math.max(1, Math.ceil(Math.max(x1 - x0, y1 - y0) / 60));
        c.save();
        c.beginPath();
        c.rect(this.x, this.y, this.width * this.scale, this.height * this.scale);
        c.clip();
        c.strokeStyle = "#ffffffb0";
        c.lineWidth = 1;
        const along = (a, b, point) => Array.from({ length: 41 }, (_, k) => this.floorToScreen(point(a + (b - a) * k / 40)));
        for (let x = x0; x <= x1; x += step)
            this.drawLine(c, along(y0, y1, y => ({ x, y })));
        for (let y = y0; y <= y1; y += step)
            this.drawLine(c, along(x0, x1, x => ({ x, y })));
        c.restore();
    }

    hover(at) {
        const loupe = element("loupe"), c = loupe.getContext("2d"), p = this.toImage(at), side = 132, zoom = 8;
        loupe.style.visibility = this.contains(p) ? "visible" : "hidden";
        loupe.style.right = at.x > this.canvas.clientWidth - 190 && at.y < 190 ? "auto" : "20px";
        loupe.style.left = loupe.style.right === "auto" ? "20px" : "auto";
        c.imageSmoothingEnabled = false;
        c.fillStyle = "#000000";
        c.fillRect(0, 0, side, side);
        c.drawImage(this.image, side / 2 - p.x * zoom, side / 2 - p.y * zoom, this.width * zoom, this.height * zoom);
        c.strokeStyle = "#ff3b30";
        c.lineWidth = 1;
        this.drawLine(c, [{ x: side / 2, y: 20 }, { x: side / 2, y: side - 20 }]);
        this.drawLine(c, [{ x: 20, y: side / 2 }, { x: side - 20, y: side / 2 }]);
    }

    onLeave() { element("loupe").style.visibility = "hidden"; }
}

class PlanView extends View {
    keyStep = 0.01 / data.metresPerPixel;

    ofMark(m) {
        return { x: (m.x - data.origin[0]) / data.metresPerPixel, y: this.height - (m.y - data.origin[1]) / data.metresPerPixel };
    }

    toMark(p) {
        return { x: data.origin[0] + p.x * data.metresPerPixel, y: data.origin[1] + (this.height - p.y) * data.metresPerPixel };
    }

    /* Paper gets lines; and what the picture shows of the floor gets an outline. */
    drawHelp(c) {
        c.save();
        if (!this.image) {
            const low = this.toMark({ x: 0, y: this.height }), high = this.toMark({ x: this.width, y: 0 });
            c.font = "11px system-ui, sans-serif";
            c.fillStyle = "#66707a";
            for (let x = Math.ceil(low.x); x <= high.x; x++) {
                c.strokeStyle = x % 5 ? "#e3e7eb" : "#b9c1c9";
                this.drawLine(c, [this.markToScreen({ x, y: low.y }), this.markToScreen({ x, y: high.y })]);
                if (x % 5 === 0)
                    c.fillText(`${x} m`, this.markToScreen({ x, y: low.y }).x + 3, this.markToScreen({ x, y: low.y }).y - 4);
            }
            for (let y = Math.ceil(low.y); y <= high.y; y++) {
                c.strokeStyle = y % 5 ? "#e3e7eb" : "#b9c1c9";
                this.drawLine(c, [this.markToScreen({ x: low.x, y }), this.markToScreen({ x: high.x, y })]);
                if (y % 5 === 0)
                    c.fillText(`${y} m`, this.markToScreen({ x: low.x, y }).x + 3, this.markToScreen({ x: low.x, y }).y - 4);
            }
        }
        if (floorFromPicture) {
            c.strokeStyle = "#1f6fe0";
            c.lineWidth = 2;
            c.setLineDash([6, 4]);
            this.drawLine(c, outline().map(p => {
                const at = apply(floorFromPicture, p), far = 200 / data.metresPerPixel;
                const s = this.ofMark(at);
                return at.w > 0 && Math.abs(s.x) < far && Math.abs(s.y) < far ? this.toScreen(s) : null;
            }));
        }
        c.restore();
    }
}

/* Around the picture, in small steps. */
function outline() {
    const { width: w, height: h } = views.px, list = [];
    const side = (x0, y0, x1, y1) => { for (let k = 0; k < 60; k++) list.push({ x: x0 + (x1 - x0) * k / 60, y: y0 + (y1 - y0) * k / 60 }); };
    side(0, 0, w, 0); side(w, 0, w, h); side(w, h, 0, h); side(0, h, 0, 0);
    list.push({ x: 0, y: 0 });
    return list;
}

/* ---- the table and the words ---- */

const fields = [
    ["name", p => p.name, (p, v) => { p.name = v; }],
    ["x px", p => p.px?.x.toFixed(1), (p, v) => { p.px = { x: v, y: p.px?.y ?? 0 }; }],
    ["y px", p => p.px?.y.toFixed(1), (p, v) => { p.px = { x: p.px?.x ?? 0, y: v }; }],
    ["x m", p => p.m?.x.toFixed(3), (p, v) => { p.m = { x: v, y: p.m?.y ?? 0 }; }],
    ["y m", p => p.m?.y.toFixed(3), (p, v) => { p.m = { x: p.m?.x ?? 0, y: v }; }],
    ["height m", p => (p.z ? String(p.z) : "0"), (p, v) => { p.z = v; }],
];

function change(i, field, text) {
    const value = field === 0 ? text : Number(text.replace(",", "."));
    if (field > 0 && (text.trim() === "" || !Number.isFinite(value)))
        return refresh();
    remember();
    fields[field][2](pairs[i], value);
    refresh();
}

function buildRow(i) {
    const row = document.createElement("tr"), pair = pairs[i], error = errorCm(pair);
    row.className = i === chosen ? "chosen" : "";
    row.addEventListener("focusin", () => { chosen = i; drawViews(); });
    const cell = () => row.appendChild(document.createElement("td"));
    cell().textContent = i + 1;
    fields.forEach(([label, read], field) => {
        const input = document.createElement("input");
        input.value = read(pair) ?? "";
        input.setAttribute("aria-label", `${label} of pair ${i + 1}`);
        if (field > 0)
            input.inputMode = "decimal";
        input.addEventListener("change", () => change(i, field, input.value));
        cell().appendChild(input);
    });
    const off = cell();
    off.className = "off " + (error === null ? "" : grade(error));
    off.textContent = error !== null ? `${error.toFixed(1)} cm` : !pair.px ? "mark in picture" : !pair.m ? "mark on plan" : pair.z ? "raised" : "";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", `Remove pair ${i + 1}`);
    button.addEventListener("click", () => remove(i));
    cell().appendChild(button);
    return row;
}

function verdict() {
    const whole = pairs.filter(isWhole).length, errors = pairs.map(errorCm).filter(e => e !== null);
    const waiting = pairs.find(p => !isWhole(p));
    const rms = Math.sqrt(errors.reduce((s, e) => s + e * e, 0) / (errors.length || 1));
    let words = `${whole} ${whole === 1 ? "pair" : "pairs"}`;
    if (waiting)
        words += waiting.px ? ": now click the same spot on the plan." : ": now click the same spot in the picture.";
    else if (whole < 4)
        words += `: ${4 - whole} more until the floor can be drawn.`;
    else if (!floorFromPicture)
        words += ": they lie on one line; mark beside it.";
    else if (errors.length === 4)
        words += ". Four always fit; two more show whether they are right.";
    else
        words += `, off by ${rms.toFixed(1)} cm (root mean square).`;
    return words;
}

function drawViews() {
    for (const view of Object.values(views))
        if (view.scale)
            view.draw();
}

function refresh() {
    floorFromPicture = fitHomography(pairs.filter(isOnFloor));
    const rows = element("rows"), focus = document.activeElement?.getAttribute?.("aria-label");
    rows.replaceChildren(...pairs.map((_, i) => buildRow(i)));
    if (focus)
        [...rows.querySelectorAll("input")].find(input => input.getAttribute("aria-label") === focus)?.focus();
    element("verdict").textContent = verdict();
    element("undo").disabled = !past.length;
    element("save").disabled = pairs.filter(isWhole).length < 4;
    drawViews();
}

/* ---- files ---- */

const quote = text => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function toCsv() {
    const lines = pairs.filter(isWhole).map(p =>
        [p.px.x.toFixed(2), p.px.y.toFixed(2), p.m.x.toFixed(4), p.m.y.toFixed(4), p.z || 0, quote(p.name)].join(","));
    return ["x_px,y_px,x_m,y_m,z_m,name", ...lines, ""].join("\n");
}

function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([toCsv()], { type: "text/csv" }));
    link.download = "points.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/* Cells of a CSV line, quotes undone. */
const cells = line => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].slice(0, 12)
    .map(m => (m[1].startsWith('"') ? m[1].slice(1, -1).replaceAll('""', '"') : m[1]));

function fromCsv(text) {
    const [head, ...lines] = text.split(/\r?\n/).filter(line => line.trim());
    const names = cells(head || ""), column = name => names.indexOf(name);
    const number = (row, name) => Number(row[column(name)]);
    return lines.map(cells).map(row => ({
        px: { x: number(row, "x_px"), y: number(row, "y_px") },
        m: { x: number(row, "x_m"), y: number(row, "y_m") },
        z: column("z_m") >= 0 ? number(row, "z_m") || 0 : 0,
        name: column("name") >= 0 ? row[column("name")] || "" : "",
    }));
}

async function load(file) {
    const list = fromCsv(await file.text());
    if (!list.length || list.some(p => ![p.px.x, p.px.y, p.m.x, p.m.y].every(Number.isFinite))) {
        element("verdict").textContent = `${file.name} has no columns x_px,y_px,x_m,y_m with numbers.`;
        return;
    }
    remember();
    pairs = list;
    chosen = -1;
    refresh();
}

/* ---- begin ---- */

const loadImage = url => new Promise((done, failed) => {
    if (!url)
        return done(null);
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = failed;
    image.src = url;
});

let views = {};

async function begin() {
    const [still, plan] = await Promise.all([loadImage(data.still), loadImage(data.plan)]);
    views = {
        px: new StillView("still", still, still.naturalWidth, still.naturalHeight, "px"),
        m: new PlanView("plan", plan, data.planSize[0], data.planSize[1], "m"),
    };
    document.title = `Mark points of camera ${data.camera}`;
    element("camera").textContent = `of camera ${data.camera}`;
    element("command").textContent = `floorfuse calibrate fit --camera ${data.camera} --image ${still.naturalWidth} `
        + `${still.naturalHeight} --points points.csv --out ${data.camera}.cfg`;
    element("undo").addEventListener("click", undo);
    element("save").addEventListener("click", save);
    element("load").addEventListener("change", e => e.target.files[0] && load(e.target.files[0]));
    addEventListener("keydown", e => {
        if ((e.ctrlKey || e.metaKey) && e.key === "z" && !e.target.matches("input")) {
            e.preventDefault();
            undo();
        }
    });
    refresh();
    document.body.dataset.ready = "yes";
}

begin();
