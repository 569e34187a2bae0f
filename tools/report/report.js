// What a reader of the report can do: leave of the results only those with some words or of some status, and follow a link to
// one of them. The address says which, so that it can be passed on: #words=sparse+erofs&status=failed,skipped is a filter,
// #hello/no-cache-builds-again is a result. Without this script all of the page is seen, and links lead where they should.
"use strict";

const panel = document.getElementById("filter");
const words = document.getElementById("words");
const boxes = [...panel.querySelectorAll("input[type=checkbox]")];
const shown = document.getElementById("shown");
const folds = [...document.querySelectorAll("details")];
// A result is a failure or a row; one with an address of its own counts. What stands above results is seen as long as one is.
const results = [...document.querySelectorAll("[data-status]")].map(element => ({
    element,
    statuses: element.dataset.status.split(" "),
    groups: above(element),
    counts: element.localName === "tr" && element.id !== "",
}));
const groups = new Set(results.flatMap(result => result.groups));
const total = results.filter(result => result.counts).length;

function above(element) {
    const group = element.parentElement.closest("section");
    return group ? [group, ...above(group)] : [];
}

// The words that a result is found by: its own, and those that stand above its table. They are read when first needed.
function textOf(result) {
    result.text ??= `${result.element.textContent} ${result.groups[0].dataset.words ?? ""}`.toLowerCase();
    return result.text;
}

// Each word has to be there; of the statuses, if any is asked for, one.
function isWanted(result, wanted) {
    return (wanted.statuses.length === 0 || wanted.statuses.some(each => result.statuses.includes(each)))
        && wanted.words.every(word => textOf(result).includes(word));
}

function show(filter) {
    const wanted = { words: filter.words.toLowerCase().split(/\s+/).filter(Boolean), statuses: filter.statuses };
    const alive = new Set();
    let count = 0;
    for (const result of results) {
        const isSeen = isWanted(result, wanted);
        result.element.hidden = !isSeen;
        if (!isSeen) continue;
        for (const group of result.groups) alive.add(group);
        if (result.counts) count += 1;
    }
    for (const group of groups) group.hidden = !alive.has(group);
    shown.textContent = `${count} of ${total} shown`;
}

// --- The panel and the address ------------------------------------------------------------------

function panelFilter() {
    return { words: words.value, statuses: boxes.filter(box => box.checked).map(box => box.value) };
}

function setPanel(filter) {
    // The caret of who is typing stays where it is.
    if (words.value !== filter.words) words.value = filter.words;
    for (const box of boxes) box.checked = filter.statuses.includes(box.value);
}

function isFilter(fragment) {
    return /^(words|status)=/.test(fragment);
}

function read(fragment) {
    const fields = new URLSearchParams(isFilter(fragment) ? fragment : "");
    return { words: fields.get("words") ?? "", statuses: (fields.get("status") ?? "").split(",").filter(Boolean) };
}

function write(filter) {
    const fields = [];
    if (filter.words) fields.push("words=" + encodeURIComponent(filter.words).replaceAll("%20", "+"));
    if (filter.statuses.length) fields.push("status=" + filter.statuses.map(encodeURIComponent).join(","));
    // An empty fragment would lead to the top of the page.
    if (fields.length) location.replace("#" + fields.join("&"));
    else history.replaceState(null, "", location.href.split("#")[0]);
}

function filterByPanel() {
    const filter = panelFilter();
    show(filter);
    write(filter);
}

function clear() {
    setPanel(read(""));
    filterByPanel();
}

// --- Links to results -----------------------------------------------------------------------------

// A filter that hides what a link leads to is taken back.
function follow() {
    const fragment = location.hash.slice(1);
    if (isFilter(fragment)) {
        const filter = read(fragment);
        setPanel(filter);
        // What the panel has no box for, since nothing is compared here, is asked for all the same.
        show(filter);
        return;
    }
    const target = fragment && document.getElementById(decode(fragment));
    if (!target) return;
    if (target.closest("[hidden]")) {
        setPanel(read(""));
        show(panelFilter());
    }
    for (const fold of folds) {
        if (fold === target || fold.contains(target) || fold.dataset.of === target.id) fold.open = true;
    }
    target.scrollIntoView();
}

function decode(fragment) {
    try {
        return decodeURIComponent(fragment);
    } catch {
        return fragment;
    }
}

// --- Keys -----------------------------------------------------------------------------------------

// Escape leads to the words from anywhere, and empties them there. A letter would be in the way of who speaks to a browser.
function escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    if (document.activeElement === words) clear();
    words.focus();
}

words.addEventListener("input", filterByPanel);
for (const box of boxes) box.addEventListener("change", filterByPanel);
document.getElementById("clear").addEventListener("click", clear);
document.getElementById("unfold")?.addEventListener("click", () => {
    const closed = folds.some(fold => !fold.open);
    for (const fold of folds) fold.open = closed;
});
document.addEventListener("keydown", escape);
window.addEventListener("hashchange", follow);
panel.hidden = false;
show(read(""));
follow();
