"""The shop: products with paged reviews, stars, and how many found a review useful."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yuqing_world.sites.replies import Paging, html, not_found, page_of, render, robots
from yuqing_world.story.arc import Place
from yuqing_world.story.item import Item
from yuqing_world.story.vocabulary import PRODUCTS
from yuqing_world.story.world import World

REVIEWS_PER_PAGE = 10
_SITE = "集物铺"


@dataclass(frozen=True, slots=True)
class ShopSite:
    """Pages of the shop over a world."""

    world: World

    def routes(self) -> list[Route]:
        """All pages."""
        return [
            Route("/", self.front),
            Route("/robots.txt", self.robots),
            Route("/product/{sku}", self.product),
            Route("/product/{sku}/reviews", self.reviews),
            Route("/review/r{number:int}", self.review),
        ]

    async def front(self, _: Request) -> Response:
        """All products."""
        hour = self.world.clock.hour(self.world.now())
        counts = {sku: self.world.reviews[sku].published(hour) for sku in PRODUCTS}
        return html(render("shop/front.html", products=PRODUCTS, counts=counts))

    async def product(self, request: Request) -> Response:
        """A product with its first page of reviews."""
        return self._reviewed(request, "shop/product.html", 1)

    async def reviews(self, request: Request) -> Response:
        """A page of a product's reviews, the newest first."""
        return self._reviewed(request, "shop/reviews.html", page_of(request))

    def _reviewed(self, request: Request, template: str, page: int) -> Response:
        product = PRODUCTS.get(request.path_params["sku"])
        if product is None:
            return not_found(_SITE, "商品已下架")
        now = self.world.now()
        hour = self.world.clock.hour(now)
        shelf = self.world.reviews[product.sku]
        paging = Paging(page, REVIEWS_PER_PAGE, shelf.published(hour))
        if page > paging.pages:
            return not_found(_SITE)
        reviews = [self.world.item(each) for each in shelf.newest(hour, paging.skip, paging.per_page) if each.exists_at(hour)]
        return html(render(template, product=product, products=PRODUCTS, reviews=reviews, paging=paging, **self._shown(reviews, now)))

    def _shown(self, reviews: list[Item], now: datetime) -> dict[str, object]:
        return {
            "texts": {each.key: each.text_at(now) for each in reviews},
            "useful": {each.key: self.world.counts(each, now).useful for each in reviews},
        }

    async def review(self, request: Request) -> Response:
        """One review by itself."""
        now = self.world.now()
        sketch = self.world.find(request.path_params["number"], Place.REVIEW)
        if sketch is None or not sketch.exists_at(self.world.clock.hour(now)):
            return not_found(_SITE, "该评价已删除")
        item = self.world.item(sketch)
        return html(render("shop/review.html", product=PRODUCTS[sketch.subject], products=PRODUCTS, reviews=[item], **self._shown([item], now)))

    async def robots(self, _: Request) -> Response:
        """What crawlers may."""
        return robots(disallow=("/cart", "/order"))
