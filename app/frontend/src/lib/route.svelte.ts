/** The part of the address that names the page. */

class Route {
  hash = $state(location.hash);

  constructor() {
    addEventListener("hashchange", () => (this.hash = location.hash));
  }
}

export const route = new Route();
