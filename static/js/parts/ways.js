// Where one is in the navigation is in sight, also on a screen that shows only a part of it.

const list = document.querySelector(".zb-nav ul");
const mine = list?.querySelector("[aria-current]");

if (mine && list.scrollWidth > list.clientWidth) {
  list.scrollLeft = mine.parentElement.offsetLeft - (list.clientWidth - mine.offsetWidth) / 2;
}
