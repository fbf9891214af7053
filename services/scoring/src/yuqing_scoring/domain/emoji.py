"""Which emoji mean what which emoticon means. The training texts are older than most emoji and full of [emoticons]: so one is learnt from the other.

Only emoji whose sense is plain have one; 😂 and 🙏, which go with joy and with grief, are left to be what they are.
"""

from typing import Final

EMOTICON_OF_EMOJI: Final = {
    emoji: name
    for name, all_emoji in {
        "泪": "😭😢😥😿",
        "怒": "😡😠👿💢",
        "怒骂": "🤬",
        "鄙视": "😒🙄",
        "失望": "😞😔😟☹🙁",
        "伤心": "💔",
        "抓狂": "😫😖😣🤯",
        "衰": "😩",
        "晕": "😵",
        "汗": "😓😅",
        "吃惊": "😱😨😰",
        "弱": "👎",
        "吐": "🤮🤢",
        "生病": "😷🤒🤕",
        "蜡烛": "🕯",
        "委屈": "🥺",
        "赞": "👍",
        "鼓掌": "👏",
        "加油": "💪",
        "心": "❤♥💕💖💗💓💞💘💝💛💚💙💜🧡",
        "爱你": "😘😚😙😗💋🥰",
        "花心": "😍🤩😻",
        "哈哈": "😄😃😀😆😁🤣",
        "嘻嘻": "😊☺😝😜",
        "太开心": "🥳🎉",
        "酷": "😎",
        "馋嘴": "😋🤤",
        "抱抱": "🤗",
        "耶": "✌",
        "ok": "👌",
        "鲜花": "🌹🌸💐🌷",
        "蛋糕": "🎂",
        "礼物": "🎁",
        "微笑": "🙂",
        "思考": "🤔",
        "害羞": "😳",
        "睡觉": "😴💤",
    }.items()
    for emoji in all_emoji
}
