"""Takes from a body the lines that are about the page and not the article: bylines, editors, notices, 'read more', prompts of apps."""

import re
from collections import Counter
from collections.abc import Sequence

from yuqing_crawler.domain.extraction.lines import Line
from yuqing_crawler.domain.labels import plain

_LONGEST_NOTICE = 160
_CUT_AFTER_SHARE = 0.3
_REPEATED_LABEL = 3
"""What stands so often in one body is a label of its pictures or boxes."""

_ABOUT_THE_PAGE = re.compile(
    r"""^[\W_]*(?:
        (?:本文)?原(?:标题|文标题|题)(?:为|是)?[:：《“"]?.* |
        (?:责任|本文|本期|值班|网站|统筹|执行|实习|视频|新媒体|图文)?(?:责编|责任编辑|编辑|审核|校对|审校|监制|编审|值班主任|终审|初审|复审|美编|制图|排版)
            \s*[:：丨|/].{0,80} |
        (?:责编|责任编辑|值班编辑)\s?\S{1,20} |
        (?:本文|文章|稿件|稿源)?(?:来源|出处|转自|转载自|摘自|来自)\s*[:：].{0,60} |
        (?:作者|记者|通讯员|撰文|文字|供稿|编译|翻译)\s*[:：丨|].{0,60} |
        (?:发布|发表|更新|创建|编辑)?(?:时间|日期|于)\s*[:：]?\s*\d{4}\D.{0,80} |
        (?:来源|时间|作者|编辑|字号|字体|打印|分享|阅读|浏览)\s*[:：]?\s* |
        (?:更多.{0,20})?(?:相关)?(?:资讯|内容|新闻|精彩|报道|消息).{0,20}(?:请|敬请)?(?:关注|下载|点击|登录|访问|搜索|扫码).{0,60} |
        (?:欢迎|敬请|请|长按|点击|扫码|扫一扫|扫描|微信扫).{0,40}(?:关注|二维码|下载|APP|客户端|公众号|打开|进入|查看|订阅|加群|分享).{0,40} |
        扫一扫.{0,30} | 微信公众号\W*\S{0,20} |
        .{0,60}(?:未经.{0,14}(?:授权|许可|允许|同意)|(?:谢绝|禁止|严禁|不得|请勿)\S{0,6}转载|版权归.{1,30}所有|版权所有
            |转载请.{0,12}(?:注明|联系|标明)).{0,90} |
        (?:版权|免责|特别|郑重|重要)?(?:声明|提示)\s*[:：].{0,150} |
        (?:以上|本文|文章|此文|上述).{0,14}(?:仅代表|仅供参考|不代表|不构成|观点).{0,110} |
        本文(?:来自|系|为|由|首发于|原载于?|选自|转自).{1,40}(?:APP|客户端|公众号|原创|首发|作者|授权|发布|转载).{0,60} |
        (?:首页|当前位置|您所在的位置|您的位置|位置)\s*[:：>›»/].{0,80} |
        (?:上|下)一(?:篇|页|条)\s*[:：]?.{0,60} | (?:返回|回到).{0,10}(?:首页|顶部|列表|搜狐).{0,20} |
        (?:分享|转发|推荐|收藏|举报|反馈|点赞|打印|纠错|投诉|评论|关闭|播放|暂停|复制链接)(?:到|至|给|本文|此文|文章|本页|窗口)?[^，。！？]{0,12} |
        (?:(?:字号|字体|调整字体|字体大小|放大|缩小|正常|打印|分享|收藏|大|中|小|[TA][+-])[\s:：|/]{0,3}){1,10} |
        (?:阅读|浏览|点击|评论|点赞|人气|热度|围观|阅读量|浏览量|播放)(?:数|量|次数)?\s*[:：(（]?\s*[\d.,]+\s*[万wk+]*\)?\s*(?:次|人|条)? |
        [\d.,]+\s*[万wk+]*\s*(?:次|人)?(?:阅读|浏览|播放|评论|点赞) |
        (?:关键词|关键字|标签|专题|栏目|话题|tags?)\s*[:：>»].{0,120} |
        (?:点击进入|查看更多|阅读全文|展开全文|查看原文|阅读原文|显示全部|加载更多|点击查看|全文完|完|END|the\s+end) .{0,24} |
        (?:[【\[（(]?\d{1,2}[】\])）]?\s?){2,} |
        (?:https?://|www\.)\S+ |
        (?:share|tweet|print|email|comments?|advertisement|read\s+more|sign\s+up|subscribe|follow\s+us|published|updated|image\s+source)
            \W.{0,40} |
        (?:advertisement|share|print|save|loading\W*)
    )[\W_]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_SECTION_AFTER_BODY = re.compile(
    r"^\W*(?:(?:相关|推荐|延伸|拓展|更多|往期|热门|精彩|猜你喜欢|大家都在看|为[您你]推荐|最新|热点|今日|编辑)\W*"
    r"(?:阅读|新闻|推荐|文章|链接|报道|资讯|内容|回顾|专题|评论|主题|视频|帖子|热点)?"
    r"|(?:网友|全部|热门|最新|精彩|发表)?评论(?:区|列表)?(?:\W*\d+\W*条?)?|我要(?:评论|跟帖)|相关(?:阅读|推荐)"
    r"|你可能(?:还)?(?:喜欢|感兴趣).{0,6}|related(?:\s+\w+){0,3}|recommended(?:\s+\w+){0,2}|more\s+(?:from|on|stories|news).{0,30}"
    r"|read\s+next|most\s+(?:read|popular)|comments?(?:\s*\(?\d+\)?)?)\W*$",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"^\W*(?:\S{2,6}\s?[:：]?\s?)?(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|^\W*(?:来源|作者|记者)\s?[:：]"
    r"|^\W*\d{1,2}月\d{1,2}日\s*\d{1,2}:\d\d|^\W*(?:昨天|今天|前天)\s?\d{1,2}:\d\d|\d{1,2}\s?(?:分钟|小时|天)前"
)
_SENTENCE_END = re.compile("。|[！？!?.][”’」』）)]?$")
_WIDE_SPACE = re.compile(r"\s+(?=\W*(?:责任编辑|责编|编辑|来源|作者)\s?[:：])")


def trim(lines: Sequence[Line], title: str) -> list[str]:
    """The article's paragraphs out of the lines of its block. An article that would be trimmed to nothing stays as it is."""
    times = Counter(line.text for line in lines)
    texts = [line.text for line in lines if not (line.is_link and line.chars < 60) and not _is_label(line.text, times[line.text])]
    kept = [text for text in _before_next_section(_after_head(texts, title)) if not about_the_page(text)]
    return kept if any(len(text) > 1 for text in kept) else texts


def _is_label(text: str, times: int) -> bool:
    return times >= _REPEATED_LABEL and len(text) <= 60 and not _SENTENCE_END.search(text)


def about_the_page(text: str) -> bool:
    """Whether a line speaks of the page: who edited it, whose rights they are, what to press. Long lines are believed to be text."""
    if len(text) > _LONGEST_NOTICE:
        return False
    return all(_ABOUT_THE_PAGE.match(part) for part in _WIDE_SPACE.split(plain(text)) if part)


def _after_head(texts: list[str], title: str) -> list[str]:
    """Without the title and the byline, which some pages keep in the same block as the body."""
    start = 0
    for index, text in enumerate(texts[:8]):
        if _repeats(text, title) or (len(text) <= 80 and _BYLINE.search(plain(text)) and not _SENTENCE_END.search(text)):
            start = index + 1
        elif len(text) > 40 or _SENTENCE_END.search(text):
            break
    return texts[start:]


def _repeats(text: str, title: str) -> bool:
    """Whether a line is the title, or most of it."""
    line, wanted = _letters(text), _letters(title)
    return bool(line) and (line == wanted or (len(line) > 6 and len(line) * 10 >= len(wanted) * 8 and line in wanted))


def _before_next_section(texts: list[str]) -> list[str]:
    """What stands before 'related reading' or the comments, if by then a fair part of the text has gone by."""
    total = sum(map(len, texts))
    passed = 0
    for index, text in enumerate(texts):
        if passed >= total * _CUT_AFTER_SHARE and len(text) <= 24 and _SECTION_AFTER_BODY.match(plain(text)):
            return texts[:index]
        passed += len(text)
    return texts


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
