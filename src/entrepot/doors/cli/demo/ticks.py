"""What the demo's suppliers may offer, the attributes of its goods, and a change of goods on sale that waits."""

from collections.abc import Sequence

from entrepot.base import scope
from entrepot.catalog.actions import propose_change, save_attribute, set_bounds
from entrepot.catalog.models import Brand, Category, Goods, GoodsState
from entrepot.catalog.rules import SkuDraft
from entrepot.doors.cli.demo.assortment import TREE, Article
from entrepot.doors.cli.demo.people import People

_ORIGINS = {
    "沂蒙果园": "山东临沂",
    "岭南鲜": "广东梅州",
    "北仓": "黑龙江五常",
    "禾下": "江苏盐城",
    "米粒坊": "安徽黄山",
}


def tick(
    articles: Sequence[Article],
    *,
    people: People,
    categories: dict[str, Category],
    brands: dict[str, Brand],
    actor: str,
) -> None:
    """Open to each supplier the categories and brands of its own goods; the factory may change goods on sale."""
    for name, supplier in people.suppliers.items():
        own = [article for article in articles if article.owner == name]
        if not supplier.is_platform:
            set_bounds(
                supplier.pk,
                category_ids=sorted({categories[article.category].pk for article in own}),
                brand_ids=sorted({brands[article.brand].pk for article in own}),
                edit_mode="open" if name == "factory" else "",
                actor=actor,
            )


def describe(articles: Sequence[Article], *, categories: dict[str, Category], actor: str) -> dict[str, dict[str, str]]:
    """Make the attributes and return the values of each goods number."""
    fresh = [categories[leaf].pk for leaf in (*TREE["生鲜"], "米面粮油")]
    origin = save_attribute(None, name="产地", category_ids=fresh, position=1, actor=actor)
    keeping = save_attribute(
        None,
        name="储存方式",
        choices=["常温", "冷藏", "冷冻"],
        category_ids=fresh,
        is_required=True,
        position=2,
        actor=actor,
    )
    textile = [categories["家纺布艺"].pk]
    stuff = save_attribute(
        None,
        name="材质",
        choices=["棉", "竹纤维", "乳胶", "蚕丝", "涤纶"],
        category_ids=textile,
        position=3,
        actor=actor,
    )
    found: dict[str, dict[str, str]] = {}
    for article in articles:
        if article.category in (*TREE["生鲜"], "米面粮油"):
            keep = "冷冻" if article.category == "海鲜水产" else "常温" if article.category == "米面粮油" else "冷藏"
            found[article.number] = {str(keeping.pk): keep}
            if article.brand in _ORIGINS:
                found[article.number][str(origin.pk)] = _ORIGINS[article.brand]
        elif article.category == "家纺布艺":
            found[article.number] = {str(stuff.pk): "棉" if "棉" in article.name else "涤纶"}
    return found


def propose(people: People) -> None:
    """Leave a change of the factory's goods for the reviewer: another name and a higher price."""
    supplier = people.suppliers["factory"]
    with scope.supplier(supplier.pk):
        goods = Goods.objects.filter(supplier=supplier, state=GoodsState.ON_SALE).order_by("id").first()
        if goods is None:
            return
        drafts = [
            SkuDraft(
                code=sku.code,
                spec=sku.spec,
                supplier_price_fen=sku.supplier_price_fen * 106 // 100,
                suggested_price_fen=sku.suggested_price_fen,
                weight_g=sku.weight_g,
            )
            for sku in goods.skus.filter(is_active=True)
        ]
    propose_change(
        supplier.pk,
        goods_id=goods.pk,
        name=f"{goods.name} 升级款",
        subtitle="纸张加厚三成，新包装",
        category_id=goods.category_id,
        brand_id=goods.brand_id,
        min_quantity=goods.min_quantity,
        images=goods.images,
        detail_images=goods.detail_images,
        skus=drafts,
        actor=people.actors["factory"],
    )
