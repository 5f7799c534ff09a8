#!/usr/bin/env python3
"""Drive the page of floorfuse calibrate pick in headless Chromium: mark, correct, undo, save.

usage: pick_page.py PAGE.html DOWNLOAD_FOLDER
Exit code 77 where Chromium or Selenium is missing.
"""
import csv
import os
import sys
import time

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    sys.exit(77)

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
# Pixels of the still and metres of the floor; the still is a plan of 40 px a metre, 30 m high, and the fifth
# pair is wrong by 0.4 m.
PAIRS = [((80, 80), (2, 28)), ((1000, 120), (25, 27)), ((980, 1100), (24.5, 2.5)), ((100, 1120), (2.5, 2)),
         ((500, 600), (12.9, 15)), ((300, 820), (7.5, 9.5)), ((760, 400), (19, 20))]


def fail(words):
    sys.exit("FAILED: " + words)


def open_browser(downloads):
    options = Options()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1280,900"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": downloads})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(DRIVER), options=options)


def wait_until(what, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            fail("no " + what)
        time.sleep(0.05)


def click(browser, canvas, view, point):
    """Click a canvas where its view shows an image point."""
    place = browser.execute_script(
        f"const s = views.{view}.toScreen({{x: {point[0]}, y: {point[1]}}});"
        f"const c = views.{view}.canvas; return [s.x - c.clientWidth / 2, s.y - c.clientHeight / 2];")
    element = browser.find_element(By.ID, canvas)
    ActionChains(browser).move_to_element_with_offset(element, round(place[0]), round(place[1])).click().perform()


def type_into(browser, label, text):
    field = browser.find_element(By.CSS_SELECTOR, f'input[aria-label="{label}"]')
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text, Keys.TAB)


def rows(browser):
    """What the table says, a list a pair."""
    return browser.execute_script(
        "return [...document.querySelectorAll('#rows tr')].map(row =>"
        "  [...row.querySelectorAll('input')].map(i => i.value).concat(row.querySelector('.off').textContent))")


def solve(a, b):
    """Gauss-Jordan."""
    n = len(b)
    for c in range(n):
        pivot = max(range(c, n), key=lambda r: abs(a[r][c]))
        a[c], a[pivot], b[c], b[pivot] = a[pivot], a[c], b[pivot], b[c]
        for r in range(n):
            f = a[r][c] / a[c][c] if r != c else 0
            a[r] = [x - f * y for x, y in zip(a[r], a[c])]
            b[r] -= f * b[c]
    return [b[i] / a[i][i] for i in range(n)]


def normalised(points):
    mx, my = (sum(p[i] for p in points) / len(points) for i in (0, 1))
    size = sum(((p[0] - mx) ** 2 + (p[1] - my) ** 2) ** 0.5 for p in points) / len(points)
    return mx, my, 2 ** 0.5 / size


def errors_cm(pixels, metres):
    """Errors of the normalised direct linear transformation (Hartley & Zisserman, algorithm 4.2), written
    apart from the page's."""
    (cx, cy, s), (ox, oy, t) = normalised(pixels), normalised(metres)
    equations, values = [], []
    for (px, py), (mx, my) in zip(pixels, metres):
        u, v, x, y = (px - cx) * s, (py - cy) * s, (mx - ox) * t, (my - oy) * t
        equations += [[u, v, 1, 0, 0, 0, -u * x, -v * x], [0, 0, 0, u, v, 1, -u * y, -v * y]]
        values += [x, y]
    columns = list(zip(*equations))
    h = solve([[sum(p * q for p, q in zip(a, b)) for b in columns] for a in columns],
              [sum(p * q for p, q in zip(a, values)) for a in columns])
    result = []
    for (px, py), (mx, my) in zip(pixels, metres):
        u, v = (px - cx) * s, (py - cy) * s
        w = h[6] * u + h[7] * v + 1
        x, y = (h[0] * u + h[1] * v + h[2]) / w / t + ox, (h[3] * u + h[4] * v + h[5]) / w / t + oy
        result.append(100 * ((x - mx) ** 2 + (y - my) ** 2) ** 0.5)
    return result


def mark_all(browser):
    for i, (pixel, metre) in enumerate(PAIRS):
        click(browser, "still", "px", pixel)
        wait = browser.find_element(By.ID, "verdict").text
        if "on the plan" not in wait:
            fail(f"after a click in the picture the page says: {wait}")
        click(browser, "plan", "m", (metre[0] * 40, (30 - metre[1]) * 40))
        # To the exact places, by hand.
        for label, value in zip(("x px", "y px", "x m", "y m"), pixel + metre):
            type_into(browser, f"{label} of pair {i + 1}", str(value))
        type_into(browser, f"name of pair {i + 1}", f'spot {i + 1}, "near"')
    if len(rows(browser)) != len(PAIRS):
        fail(f"{len(rows(browser))} pairs instead of {len(PAIRS)}")


def check_clicks(browser):
    """Before anything is typed a click is where the view shows the point, to a screen pixel."""
    click(browser, "still", "px", (333, 222))
    name, x, y = rows(browser)[-1][:3]
    scale = browser.execute_script("return views.px.scale")
    if abs(float(x) - 333) > 1 / scale or abs(float(y) - 222) > 1 / scale:
        fail(f"a click at (333, 222) marked ({x}, {y})")
    browser.find_element(By.ID, "undo").click()
    if rows(browser):
        fail("undo left a pair")


def check_errors(browser):
    expected = errors_cm([p for p, _ in PAIRS], [m for _, m in PAIRS])
    shown = [float(row[-1].split()[0]) for row in rows(browser)]
    for i, (is_, should) in enumerate(zip(shown, expected)):
        if abs(is_ - should) > 0.06:
            fail(f"pair {i + 1} is off by {is_} cm on the page, {should:.2f} cm in truth")
    print("errors, cm:", shown)


def check_keys(browser):
    before = rows(browser)
    element = browser.find_element(By.ID, "still")
    browser.execute_script("chosen = 2; arguments[0].focus()", element)
    element.send_keys(Keys.ARROW_RIGHT)
    moved = rows(browser)
    if float(moved[2][1]) != float(before[2][1]) + 1:
        fail(f"an arrow moved x from {before[2][1]} to {moved[2][1]}")
    element.send_keys(Keys.CONTROL, "z")
    if rows(browser) != before:
        fail("Ctrl+Z did not take the arrow back")


def check_zoom(browser):
    """The point under the wheel stays where it is."""
    script = "return views.px.toImage({x: 200, y: 150}).x"
    before = browser.execute_script(script)
    browser.execute_script("const c = views.px.canvas, b = c.getBoundingClientRect();"
                           "c.dispatchEvent(new WheelEvent('wheel', {clientX: b.left + 200, clientY: b.top + 150,"
                           " deltaY: -400, cancelable: true}))")
    after = browser.execute_script(script)
    if abs(after - before) > 1e-6 or browser.execute_script("return views.px.scale / views.px.least") < 2.5:
        fail("the wheel does not zoom around itself")


def check_saved(browser, downloads):
    path = os.path.join(downloads, "points.csv")
    browser.find_element(By.ID, "save").click()
    wait_until("points.csv", lambda: os.path.exists(path))
    with open(path, newline="", encoding="utf-8") as file:
        saved = list(csv.DictReader(file))
    if len(saved) != len(PAIRS):
        fail(f"{len(saved)} points were saved")
    for i, (row, (pixel, metre)) in enumerate(zip(saved, PAIRS)):
        numbers = [float(row[k]) for k in ("x_px", "y_px", "x_m", "y_m")]
        if any(abs(a - b) > 1e-9 for a, b in zip(numbers, pixel + metre)) or row["name"] != f'spot {i + 1}, "near"':
            fail(f"point {i + 1} was saved as {row}")


def check_looks(browser, folder):
    """Both colour schemes, on a screen and on a tablet: nothing sticks out sideways."""
    for scheme in ("light", "dark"):
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        for width, height in ((1280, 900), (820, 1180)):
            browser.set_window_size(width, height)
            if browser.execute_script("return document.documentElement.scrollWidth > innerWidth"):
                fail(f"the page is wider than {width} px")
            browser.save_screenshot(os.path.join(folder, f"pick-{scheme}-{width}.png"))


def main():
    page, downloads = sys.argv[1:3]
    if not os.path.exists(CHROMIUM) or not os.path.exists(DRIVER):
        sys.exit(77)
    browser = open_browser(downloads)
    try:
        browser.get("file://" + page)
        wait_until("page", lambda: browser.execute_script("return document.body.dataset.ready"))
        check_clicks(browser)
        mark_all(browser)
        check_errors(browser)
        check_keys(browser)
        check_saved(browser, downloads)
        check_zoom(browser)
        check_looks(browser, downloads)
        words = [entry["message"] for entry in browser.get_log("browser")]
        if words:
            fail(f"the browser says: {words}")
    finally:
        browser.quit()


main()
