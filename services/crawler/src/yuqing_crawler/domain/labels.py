"""The words that pages label things with, in one spelling: traditional characters of such words as the simplified ones, one for one."""

_TRADITIONAL = "記來發佈編輯責時間閱讀瀏覽評論關鍵詞聲標題載轉廣後劉點號剛鐘週個兩圖註冊權實習視頻攝報導條樓讚網經許屬連結連鏈貼頁對這為請歸與"
_SIMPLIFIED = "记来发布编辑责时间阅读浏览评论关键词声标题载转广后刘点号刚钟周个两图注册权实习视频摄报导条楼赞网经许属连结连链贴页对这为请归与"
_TABLE = str.maketrans(_TRADITIONAL, _SIMPLIFIED)


def plain(text: str) -> str:
    """The text with the characters of labels simplified; every position stays what it was."""
    return text.translate(_TABLE)
