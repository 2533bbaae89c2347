"""Invented buyers: made-up names, numbers nobody has, towns that exist."""

import random

from entrepot.orders.consignees import PlainConsignee, masked_name, masked_phone, phone_hash, seal_consignee
from entrepot.trade.books import SealedConsignee

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
_GIVEN = (
    "子涵",
    "欣怡",
    "浩然",
    "雨桐",
    "建国",
    "秀英",
    "晓明",
    "丽娟",
    "志强",
    "婷婷",
    "思远",
    "梦洁",
    "俊杰",
    "桂兰",
)
_PLACES = (
    ("浙江省", "杭州市", "西湖区", "文三路"),
    ("浙江省", "宁波市", "鄞州区", "百丈东路"),
    ("江苏省", "南京市", "鼓楼区", "中山北路"),
    ("江苏省", "苏州市", "吴中区", "东方大道"),
    ("上海市", "上海市", "浦东新区", "世纪大道"),
    ("上海市", "上海市", "闵行区", "莘松路"),
    ("北京市", "北京市", "朝阳区", "望京西路"),
    ("北京市", "北京市", "海淀区", "学院路"),
    ("广东省", "广州市", "天河区", "体育东路"),
    ("广东省", "深圳市", "南山区", "科技园路"),
    ("四川省", "成都市", "武侯区", "人民南路"),
    ("湖北省", "武汉市", "洪山区", "珞喻路"),
    ("山东省", "青岛市", "市南区", "香港中路"),
    ("山东省", "临沂市", "兰山区", "沂蒙路"),
    ("福建省", "厦门市", "思明区", "湖滨南路"),
    ("湖南省", "长沙市", "岳麓区", "麓山路"),
    ("陕西省", "西安市", "雁塔区", "小寨东路"),
    ("河南省", "郑州市", "金水区", "花园路"),
    ("辽宁省", "大连市", "沙河口区", "中山路"),
    ("重庆市", "重庆市", "渝北区", "龙溪街"),
)


def consignee(dice: random.Random) -> SealedConsignee:
    """Return a buyer's address, sealed."""
    province, city, district, road = dice.choice(_PLACES)
    plain = PlainConsignee(
        name=dice.choice(_SURNAMES) + dice.choice(_GIVEN),
        phone=f"1{dice.choice('35789')}{dice.randint(0, 9)}0000{dice.randint(0, 9999):04d}",
        province=province,
        city=city,
        district=district,
        address=f"{road}{dice.randint(1, 399)}号{dice.randint(1, 28)}栋{dice.randint(1, 32)}0{dice.randint(1, 4)}室",
    )
    return SealedConsignee(
        sealed=seal_consignee(plain),
        name_masked=masked_name(plain.name),
        phone_masked=masked_phone(plain.phone),
        phone_hash=phone_hash(plain.phone),
        province=province,
        city=city,
        district=district,
    )
